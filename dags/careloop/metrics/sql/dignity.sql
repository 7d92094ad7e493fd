-- dignity: per 100, and the change to the week before where both weeks are over and published.
-- Change of a mean: Welch's t interval (degrees of freedom after Welch and Satterthwaite, rounded down to
-- the table); change of a share: Newcombe's hybrid score interval (1998, method 10). Unit: per 100.
with pairs as (
    select
        a.cell,
        a.kind,
        a.per_100 - b.per_100 as change,
        a.variance / a.n + b.variance / b.n as error,
        (a.variance / a.n + b.variance / b.n) * (a.variance / a.n + b.variance / b.n)
        / nullif(
            a.variance / a.n * a.variance / a.n / nullif(a.n - 1, 0)
            + b.variance / b.n * b.variance / b.n / nullif(b.n - 1, 0), 0
        ) as df,
        sqrt((a.per_100 - a.per_100_low) * (a.per_100 - a.per_100_low)
            + (b.per_100_high - b.per_100) * (b.per_100_high - b.per_100)) as score_down,
        sqrt((a.per_100_high - a.per_100) * (a.per_100_high - a.per_100)
            + (b.per_100 - b.per_100_low) * (b.per_100 - b.per_100_low)) as score_up
    from dignity_level a
    join dignity_level b
        on b.dimension = a.dimension and b.member = a.member and b.counter = a.counter
        and b.period = 'week' and cast(b.period_start + interval 7 days as date) = a.period_start
    cross join parameters w
    where a.period = 'week' and a.period_start <= w.last_closed_week
        and a.status = 'published' and b.status = 'published'
),
changes as (
    select
        p.cell,
        p.change,
        case when p.kind = 'mean' then q.t * sqrt(p.error) else p.score_down end as down,
        case when p.kind = 'mean' then q.t * sqrt(p.error) else p.score_up end as up
    from pairs p
    left join t_quantiles q on p.df >= q.df_from and p.df < q.df_below and p.error > 1e-12
)
select
    l.period, l.period_start, l.dimension, l.member, l.counter,
    l.n, l.clients,
    l.per_100, l.per_100_low, l.per_100_high,
    c.change,
    c.change - c.down as change_low,
    c.change + c.up as change_high,
    l.status
from dignity_level l
left join changes c on c.cell = l.cell
