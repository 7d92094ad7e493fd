-- effort: CES 2.0 (CEB, 2013; Dixon, Toman, DeLisi, "The Effortless Experience"): "[Company] made it easy for
-- me to handle my issue", 1 strongly disagree to 7 strongly agree. Unit: points; share 0 to 1.
-- Denominator: answers that count (see answer.sql), in the period in which they were given.
with cells as (
    select cell, period, period_start, dimension, member, scale, count(distinct client) as clients
    from effort_members
    group by cell, period, period_start, dimension, member, scale
)
select
    c.period, c.period_start, c.dimension, c.member, c.scale,
    m.n, c.clients,
    m.mean, m.low as mean_low, m.high as mean_high,
    e.p as easy_share, e.low as easy_share_low, e.high as easy_share_high,
    s.status
from cells c
join effort_status s on s.cell = c.cell
join means m on m.figure = 'effort' and m.cell = c.cell
left join shares e on e.figure = 'easy' and e.cell = c.cell
