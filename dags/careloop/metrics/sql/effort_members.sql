-- What each row of effort counts: one row per answer, period and group. Scales are never pooled: a rating
-- of 7 that means hardest is on another scale (scale-7-harder) than CES 2.0 (ces-7).
select
    a.slot,
    a.client,
    concat_ws(
        '¦', p.period, case when p.period = 'week' then cast(a.week as string) else '' end, d.dimension,
        case d.dimension when 'product' then a.product when 'moment' then a.moment else 'all' end, a.scale
    ) as cell,
    p.period,
    case when p.period = 'week' then a.week end as period_start,
    d.dimension,
    case d.dimension when 'product' then a.product when 'moment' then a.moment else 'all' end as member,
    a.scale,
    a.scale_max,
    a.rating
from answer a
cross join periods p
cross join dimensions d
