-- What is read from notes: one row per note and period, by product and impact (triage).
-- Belongs to the week of answered_at. Sentiment null: not scored, which is not neutral.
select
    a.slot,
    a.client,
    concat_ws(
        '¦', p.period, case when p.period = 'week' then cast(a.week as string) else '' end, a.product, a.impact
    ) as cell,
    p.period,
    case when p.period = 'week' then a.week end as period_start,
    a.product,
    a.impact,
    a.sentiment
from answer a
cross join periods p
where a.has_note = 1
