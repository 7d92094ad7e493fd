-- What each row of response counts: one row per check-in of a closed cohort, cohort length and group.
-- Source: AAPOR Standard Definitions, 10th edition (2023). I rating confirmed (answered_at at most the
-- response window after sent_at, whenever it landed), R declined or unsubscribed, P opened and not
-- confirmed, UO undelivered or unknown, NC delivered and silent. A cohort is the local day or ISO week of
-- sending; it appears once the window of its last possible ask has closed. Avoided asks are in no cohort.
with reaction as (
    select c.slot, 1 as strength from checkin c cross join parameters w
    join answered a on a.checkin = c.slot and a.at_us <= c.at_us + w.window_us
    union all
    select c.slot, 2 from checkin c cross join parameters w
    join declined d on d.checkin = c.slot and d.at_us <= c.at_us + w.window_us
    union all
    select c.slot, 3 from checkin c cross join parameters w
    join opened o on o.checkin = c.slot and o.at_us <= c.at_us + w.window_us
),
strongest as (select slot, min(strength) as strength from reaction group by slot),
disposed as (
    select
        c.*,
        case
            when s.strength = 1 then 'responded'
            when s.strength = 2 then 'declined'
            when s.strength = 3 then 'opened'
            when c.disposition = 'sent' then 'silent'
            else 'undelivered'
        end as outcome
    from checkin c
    left join strongest s on s.slot = c.slot
    where c.disposition <> 'avoided'
),
cohort as (
    select d.*, 'day' as period, d.day as period_start from disposed d cross join parameters w
    where d.day_end_us + w.window_us <= w.now_us
    union all
    select d.*, 'week' as period, d.week as period_start from disposed d cross join parameters w
    where d.week_end_us + w.window_us <= w.now_us
)
select
    c.slot,
    c.client,
    concat_ws(
        '¦', c.period, cast(c.period_start as string), g.dimension,
        case g.dimension when 'programme' then c.programme when 'product' then c.product else 'all' end
    ) as cell,
    c.period,
    c.period_start,
    g.dimension,
    case g.dimension when 'programme' then c.programme when 'product' then c.product else 'all' end as member,
    c.outcome
from cohort c
cross join response_dimensions g
