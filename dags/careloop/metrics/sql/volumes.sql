-- volumes: tickets, resolutions and reopens of each helpdesk. Unit: count. No denominator.
-- A ticket counts once in a period, however often it was resolved or reopened in it.
select
    m.source,
    m.period,
    m.period_start,
    count(distinct m.ticket) as tickets,
    cast(sum(m.resolution) as bigint) as resolutions,
    cast(sum(m.reopen) as bigint) as reopens,
    count(distinct m.client) as clients,
    s.status
from volume_members m
join volumes_status s on s.cell = m.cell
group by m.source, m.period, m.period_start, s.status
