-- Which events each pulse's figures are made of: its answers, the ask, and the resolution it is about.
select pulse as slot, uid from answered
union all
select a.pulse as slot, s.uid
from answered a
join sent s on s.checkin = a.checkin
union all
select a.pulse as slot, r.uid
from answered a
left join sent s on s.checkin = a.checkin
join resolved r on r.ticket = coalesce(s.ticket, a.ticket) and r.client = a.client
