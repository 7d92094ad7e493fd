-- What each row of asks counts: one row per check-in decided and period.
select
    c.slot,
    c.client,
    concat_ws(
        '¦', p.period, case when p.period = 'week' then cast(c.week as string) else '' end, c.programme,
        c.disposition, c.reason
    ) as cell,
    p.period,
    case when p.period = 'week' then c.week end as period_start,
    c.programme,
    c.disposition,
    c.reason
from checkin c
cross join periods p
