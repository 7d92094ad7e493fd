-- What each row of volumes counts: one row per event and period.
-- A resolution belongs to the week of resolved_at, a reopen to the week of reopened_at.
select
    e.uid as slot,
    e.client,
    concat_ws('¦', e.source, p.period, case when p.period = 'week' then cast(e.week as string) else '' end) as cell,
    e.source,
    p.period,
    case when p.period = 'week' then e.week end as period_start,
    e.ticket,
    e.resolution,
    e.reopen
from (
    select uid, client, source, ticket, week, 1 as resolution, 0 as reopen from resolved
    union all
    select uid, client, source, ticket, week, 0 as resolution, 1 as reopen from reopened
) e
cross join periods p
