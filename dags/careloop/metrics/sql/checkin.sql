-- One row per check-in that was decided: what became of it, and when.
-- sent: the mail server accepted it; undelivered: refused or bounced; avoided: not asked, by reason;
-- in-doubt: claimed, and nothing more is known after an hour. A younger claim is under way: no row.
with outcome as (
    select s.checkin, s.client, s.programme, s.product, s.prompt_id, s.at_us, s.day, s.week, s.month,
        s.day_end_us, s.week_end_us, 'sent' as disposition, '' as reason, 2 as strength, s.uid
    from sent s
    union all
    select u.checkin, u.client, u.programme, null, null, u.at_us, u.day, u.week, u.month,
        u.day_end_us, u.week_end_us, 'undelivered', u.reason_code, 1, u.uid
    from undelivered u
    union all
    select v.checkin, v.client, v.programme, null, null, v.at_us, v.day, v.week, v.month,
        v.day_end_us, v.week_end_us, 'avoided', v.reason_code, 3, v.uid
    from avoided v
    union all
    select c.checkin, c.client, c.programme, null, null, c.at_us, c.day, c.week, c.month,
        c.day_end_us, c.week_end_us, 'in-doubt', 'claimed', 4, c.uid
    from claimed c
    cross join parameters w
    where c.at_us <= w.in_doubt_before_us
),
decided as (
    select * from (
        select o.*, row_number() over (partition by o.checkin order by o.strength, o.at_us, o.uid) as nth
        from outcome o
    ) numbered
    where nth = 1
),
-- A message that bounced was sent: it stays in the cohort, product and month of its sending.
first_sent as (
    select * from (
        select o.*, row_number() over (partition by o.checkin order by o.at_us, o.uid) as nth
        from outcome o
        where o.disposition = 'sent'
    ) numbered
    where nth = 1
)
select
    d.checkin as slot,
    coalesce(s.client, d.client) as client,
    coalesce(s.programme, d.programme) as programme,
    coalesce(nullif(trim(s.product), ''), 'unknown') as product,
    coalesce(s.at_us, d.at_us) as at_us,
    coalesce(s.day, d.day) as day,
    coalesce(s.week, d.week) as week,
    coalesce(s.month, d.month) as month,
    coalesce(s.day_end_us, d.day_end_us) as day_end_us,
    coalesce(s.week_end_us, d.week_end_us) as week_end_us,
    case when s.checkin is not null then coalesce(s.prompt_id, 'plain') end as prompt_id,
    d.disposition,
    d.reason
from decided d
left join first_sent s on s.checkin = d.checkin
