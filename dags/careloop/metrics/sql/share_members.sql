-- Every yes or no whose share is published: one row per thing counted in the denominator.
select 'easy' as figure, cell, case when rating >= 5 then 1 else 0 end as hit from effort_members where scale = 'ces-7'
union all
select 'dignity', cell, value from dignity_members where counter = 'reopens'
union all
select 'dignity', cell, value from understood_members
union all
select 'rr1', cell, case when outcome = 'responded' then 1 else 0 end from response_members
union all
select 'notes', cell, has_note from prompt_answer_members
