-- Mean and its 95 % interval by Student's t: mean ± t(0.975, n − 1) · s / √n, clipped to the scale.
-- Null interval where n < 2 or the variance is 0. The quantiles are an input table: no engine has them.
with moments_of as (
    select figure, cell, count(*) as n, avg(value) as mean, var_samp(value) as variance,
        min(lowest) as lowest, min(highest) as highest
    from mean_members
    group by figure, cell
),
spread as (
    select m.*, q.t * sqrt(m.variance / m.n) as half
    from moments_of m
    left join t_quantiles q
        on m.n - 1 >= q.df_from and m.n - 1 < q.df_below and m.variance > 1e-12
)
select
    figure,
    cell,
    n,
    mean,
    case when n > 1 then variance end as variance,
    case when mean - half < lowest then lowest else mean - half end as low,
    case when mean + half > highest then highest else mean + half end as high
from spread
