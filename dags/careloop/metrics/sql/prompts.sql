-- prompts: how each month's prompt was answered. Unit: count; note rate: notes per answer, 0 to 1.
-- By the month of the ask; a prompt without an answer has no row yet. Never compared across prompts.
with answers as (
    select cell, month, prompt_id, count(*) as answers, cast(sum(has_note) as bigint) as notes, count(distinct client) as clients
    from prompt_answer_members
    group by cell, month, prompt_id
),
sent as (select cell, count(*) as sent from prompt_sent_members group by cell)
select
    a.month, a.prompt_id, coalesce(s.sent, 0) as sent, a.answers, a.notes, a.clients,
    r.p as note_rate, r.low as note_rate_low, r.high as note_rate_high,
    t.status
from answers a
join prompts_status t on t.cell = a.cell
left join sent s on s.cell = a.cell
join shares r on r.figure = 'notes' and r.cell = a.cell
