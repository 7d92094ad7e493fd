-- Understood moments: one row per note in a language that has a phrase list, period and group (dignity).
select
    a.slot,
    a.client,
    concat_ws(
        '¦', p.period, case when p.period = 'week' then cast(a.week as string) else '' end, d.dimension,
        case d.dimension when 'product' then a.product else 'all' end, 'understood_moments'
    ) as cell,
    p.period,
    case when p.period = 'week' then a.week end as period_start,
    d.dimension,
    case d.dimension when 'product' then a.product else 'all' end as member,
    'understood_moments' as counter,
    a.understood as value
from answer a
cross join periods p
cross join dimensions d
where a.understood is not null and d.dimension <> 'moment'
