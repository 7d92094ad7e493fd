-- What each row of triage counts: one row per resolution and period, by product and impact.
select
    slot,
    client,
    concat_ws('¦', period, coalesce(cast(period_start as string), ''), product, impact) as cell,
    period,
    period_start,
    product,
    impact,
    risk_escalations,
    stress_indicator
from resolution
