-- Every dignity figure with its interval, per 100, before any comparison: one row per cell.
-- Definition: DESIGN §6. Denominator: resolutions that reported the counter; all resolutions for reopens;
-- notes in a language with a phrase list for understood_moments.
with cells as (
    select cell, period, period_start, dimension, member, counter, count(distinct client) as clients
    from (
        select cell, period, period_start, dimension, member, counter, client from dignity_members
        union all
        select cell, period, period_start, dimension, member, counter, client from understood_members
    ) members
    where dimension <> 'moment'
    group by cell, period, period_start, dimension, member, counter
)
select
    c.*,
    case when p.cell is null then 'mean' else 'share' end as kind,
    coalesce(m.n, p.n) as n,
    coalesce(m.mean, 100 * p.p) as per_100,
    coalesce(m.low, 100 * p.low) as per_100_low,
    coalesce(m.high, 100 * p.high) as per_100_high,
    m.variance,
    s.status
from cells c
join dignity_status s on s.cell = c.cell
left join means m on m.figure = 'dignity' and m.cell = c.cell
left join shares p on p.figure = 'dignity' and p.cell = c.cell
