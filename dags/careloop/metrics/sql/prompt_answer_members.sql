-- What each row of prompts counts among answers: one row per answer to a check-in, by the month of the ask
-- and the prompt that it was sent with.
select
    slot,
    client,
    concat_ws('¦', asked_month, asked_prompt) as cell,
    asked_month as month,
    asked_prompt as prompt_id,
    has_note
from answer
where asked_month is not null
