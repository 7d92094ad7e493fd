-- asks: asks made, avoided by reason, undelivered and in doubt. Unit: count, one per check-in.
-- Belongs to the week of the decision; an ask that was sent to the week of sending.
select
    m.period, m.period_start, m.programme, m.disposition, m.reason,
    count(*) as asks,
    count(distinct m.client) as clients,
    s.status
from ask_members m
join asks_status s on s.cell = m.cell
group by m.period, m.period_start, m.programme, m.disposition, m.reason, s.status
