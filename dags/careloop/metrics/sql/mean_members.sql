-- Every value whose mean is published, with the bounds of its scale: one row per value.
-- lowest and highest clip the interval; null: no bound. Counters are per 100.
select 'effort' as figure, cell, cast(rating as double) as value,
    case when scale = 'ces-7' or rating > 0 then 1.0 else 0.0 end as lowest, cast(scale_max as double) as highest
from effort_members
union all
select 'dignity', cell, 100.0 * value, 0.0, case when counter = 'escalations_by_confusion' then 100.0 end
from dignity_members
where counter <> 'reopens'
union all
select 'stress', cell, stress_indicator, 0.0, 1.0 from triage_members where stress_indicator is not null
union all
select 'sentiment', cell, sentiment, -1.0, 1.0 from note_members where sentiment is not null
