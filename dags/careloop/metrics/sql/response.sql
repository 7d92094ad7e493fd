-- response: AAPOR Response Rate 1 = I / (I + P + R + NC + UO) by send cohort. Unit: share 0 to 1.
-- Denominator: check-ins sent in the cohort, with those undelivered or in doubt. Avoided asks are not in it.
with cells as (
    select
        cell, period, period_start, dimension, member,
        count(*) as sent,
        count(distinct client) as clients,
        cast(sum(case when outcome = 'responded' then 1 else 0 end) as bigint) as responded,
        cast(sum(case when outcome = 'opened' then 1 else 0 end) as bigint) as opened,
        cast(sum(case when outcome = 'declined' then 1 else 0 end) as bigint) as declined,
        cast(sum(case when outcome = 'silent' then 1 else 0 end) as bigint) as silent,
        cast(sum(case when outcome = 'undelivered' then 1 else 0 end) as bigint) as undelivered
    from response_members
    group by cell, period, period_start, dimension, member
)
select
    c.period, c.period_start, c.dimension, c.member,
    c.sent, c.clients, c.responded, c.opened, c.declined, c.silent, c.undelivered,
    r.p as rr1, r.low as rr1_low, r.high as rr1_high,
    s.status
from cells c
join response_status s on s.cell = c.cell
join shares r on r.figure = 'rr1' and r.cell = c.cell
