-- moments: the steps of the journey, with the most fragile first: the lowest effort mean in its period.
-- Effort is the effort dataset's own figure for the moment, shown where it is shown there; a counter is
-- shown where at least policy's min_clients reported it. Denominators: answers; resolutions that reported.
with cells as (
    select cell, period, period_start, member as moment, count(*) as resolutions, count(distinct client) as clients
    from dignity_members
    where dimension = 'moment' and counter = 'reopens'
    group by cell, period, period_start, member
),
effort_of as (
    select * from effort where dimension = 'moment' and scale = 'ces-7' and status = 'published'
),
counter_of as (
    select d.period, d.period_start, d.member, d.counter, m.mean, m.low, m.high
    from (
        select distinct cell, period, period_start, member, counter
        from dignity_members
        where dimension = 'moment' and counter <> 'reopens'
    ) d
    join moment_counters_status s on s.cell = d.cell and s.status = 'published'
    join means m on m.figure = 'dignity' and m.cell = d.cell
),
shown as (
    select
        c.period, c.period_start, c.moment, c.resolutions, c.clients,
        e.n as effort_n, e.mean as effort_mean, e.mean_low as effort_mean_low, e.mean_high as effort_mean_high,
        r.mean as repeated_explanations_per_100, r.low as repeated_explanations_per_100_low,
        r.high as repeated_explanations_per_100_high,
        h.mean as handoffs_per_100, h.low as handoffs_per_100_low, h.high as handoffs_per_100_high,
        s.status
    from cells c
    join moments_status s on s.cell = c.cell
    left join effort_of e
        on e.period = c.period and e.period_start is not distinct from c.period_start and e.member = c.moment
    left join counter_of r
        on r.period = c.period and r.period_start is not distinct from c.period_start and r.member = c.moment
        and r.counter = 'repeated_explanations'
    left join counter_of h
        on h.period = c.period and h.period_start is not distinct from c.period_start and h.member = c.moment
        and h.counter = 'handoffs'
)
select
    shown.*,
    case when status = 'published' and effort_mean is not null then
        rank() over (
            partition by period, period_start, case when status = 'published' and effort_mean is not null then 1 else 0 end
            order by effort_mean nulls last
        )
    end as fragility_rank
from shown
