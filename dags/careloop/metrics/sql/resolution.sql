-- One row per resolution and period: what was counted on the way to it.
-- Definition: DESIGN §6, dignity. Unit: counts since the last resolution. Null is unknown, never zero.
-- A checked identity is normal once, so only checks beyond the first count. An escalation whose cause
-- nobody told is unknown, not "not by confusion". Belongs to the week of resolved_at.
select
    r.uid as slot,
    r.client,
    r.ticket,
    p.period,
    case when p.period = 'week' then r.week end as period_start,
    coalesce(nullif(trim(r.product), ''), 'unknown') as product,
    coalesce(nullif(trim(r.moment), ''), 'unknown') as moment,
    coalesce(nullif(trim(r.impact), ''), 'unknown') as impact,
    r.repeated_explanations,
    case when r.identity_checks > 1 then r.identity_checks - 1 when r.identity_checks >= 0 then 0 end
        as identity_checks_beyond_first,
    r.handoffs,
    case
        when not r.escalated then 0
        when r.escalated and r.escalation_cause = 'confusion' then 1
        when r.escalated and r.escalation_cause is not null then 0
    end as escalations_by_confusion,
    case
        when not r.escalated then 0
        when r.escalated and r.escalation_cause = 'risk' then 1
        when r.escalated and r.escalation_cause is not null then 0
    end as risk_escalations,
    case when x.ticket is null then 0 else 1 end as reopens,
    r.stress_indicator
from resolved r
cross join periods p
left join (select distinct source, ticket, resolution_seq from reopened) x
    on x.source = r.source and x.ticket = r.ticket and x.resolution_seq = r.resolution_seq
