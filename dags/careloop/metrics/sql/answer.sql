-- The one answer that counts of each pulse, with the resolution it is about.
-- Definition: DESIGN §6. Within the response window a later answer replaces an earlier one; an answer after
-- the window replaces nothing, and counts itself only where there is none within it. A spontaneous pulse's
-- window runs from its first answer. The answer belongs to the week of answered_at.
with asked as (
    select checkin, client, ticket, resolution_seq, product, prompt_id, month, at_us from (
        select s.*, row_number() over (partition by s.checkin order by s.at_us, s.uid) as nth from sent s
    ) numbered
    where nth = 1
),
timed as (
    select
        a.*,
        s.ticket as asked_ticket,
        s.resolution_seq as asked_seq,
        s.product as asked_product,
        s.prompt_id as asked_prompt,
        s.month as asked_month,
        case
            when a.at_us <= coalesce(s.at_us, min(a.at_us) over (partition by a.pulse)) + w.window_us then 1
            else 0
        end as in_window
    from answered a
    cross join parameters w
    left join asked s on s.checkin = a.checkin and s.client = a.client
),
current_answer as (
    select * from (
        select
            t.*,
            row_number() over (
                partition by t.pulse
                order by t.in_window desc, case when t.in_window = 1 then -t.at_us else t.at_us end, t.uid
            ) as nth
        from timed t
    ) numbered
    where nth = 1
),
about as (
    select * from (
        select
            a.pulse,
            r.uid as resolution,
            r.product,
            r.moment,
            r.impact,
            row_number() over (partition by a.pulse order by r.resolution_seq desc, r.at_us desc, r.uid) as nth
        from current_answer a
        join resolved r
            on r.ticket = coalesce(a.asked_ticket, a.ticket)
            and r.client = a.client
            and (r.resolution_seq = a.asked_seq or (a.asked_seq is null and r.at_us <= a.at_us))
    ) numbered
    where nth = 1
)
select
    a.pulse as slot,
    a.uid,
    a.client,
    a.week,
    a.checkin,
    b.resolution,
    coalesce(nullif(trim(b.product), ''), nullif(trim(a.asked_product), ''), 'unknown') as product,
    coalesce(nullif(trim(b.moment), ''), 'unknown') as moment,
    coalesce(nullif(trim(b.impact), ''), 'unknown') as impact,
    a.effort_raw as rating,
    a.effort_max as scale_max,
    case
        when a.effort_max = 7 and a.effort_direction = 'higher_is_easier' and a.effort_raw >= 1 then 'ces-7'
        when a.effort_direction = 'higher_is_easier' then concat('scale-', cast(a.effort_max as string), '-easier')
        else concat('scale-', cast(a.effort_max as string), '-harder')
    end as scale,
    case when a.note is null then 0 else 1 end as has_note,
    a.note_sentiment as sentiment,
    case when a.note_understood then 1 when not a.note_understood then 0 end as understood,
    a.asked_month,
    case when a.asked_month is not null then coalesce(a.asked_prompt, 'plain') end as asked_prompt
from current_answer a
left join about b on b.pulse = a.pulse
