-- What each row of prompts counts among check-ins: one row per check-in sent, by month and prompt.
select slot, client, concat_ws('¦', month, prompt_id) as cell, month, prompt_id
from checkin
where prompt_id is not null
