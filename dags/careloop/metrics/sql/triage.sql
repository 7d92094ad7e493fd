-- triage: stress, impact and sentiment side by side, for one product and impact.
-- Denominators: n resolutions (those that reported it for stress); scored notes for sentiment, with coverage
-- = scored / notes. Sentiment is shown only where a story of the product may be shown beside it, and comes
-- from at least policy's min_clients clients; where not, sentiment_withheld says why.
with cells as (
    select
        cell, period, period_start, product, impact,
        count(*) as n, count(distinct client) as clients, cast(sum(risk_escalations) as bigint) as risk_escalations
    from triage_members
    group by cell, period, period_start, product, impact
),
notes as (
    select cell, count(*) as notes, count(sentiment) as scored from note_members group by cell
),
story_of as (
    select period, period_start, product, min(story_id) as story_id
    from (
        select 'week' as period, period_start, member as product, story_id from stories
        union all
        select 'total' as period, cast(null as date) as period_start, member as product, story_id from stories
    ) told
    group by period, period_start, product
),
read_notes as (
    select
        n.cell, n.notes,
        case when ss.status = 'published' or n.scored = 0 then n.scored end as scored,
        case when ss.status = 'published' then m.mean end as mean,
        m.low, m.high
    from notes n
    join triage_notes_status ns on ns.cell = n.cell and ns.status = 'published'
    left join triage_scored_status ss on ss.cell = n.cell
    left join means m on m.figure = 'sentiment' and m.cell = n.cell
)
select
    c.period, c.period_start, c.product, c.impact, c.n, c.clients, c.risk_escalations,
    m.mean as stress_mean, m.low as stress_mean_low, m.high as stress_mean_high,
    r.notes, r.scored,
    case when y.story_id is not null then r.mean end as sentiment_mean,
    case when y.story_id is not null and r.mean is not null then r.low end as sentiment_mean_low,
    case when y.story_id is not null and r.mean is not null then r.high end as sentiment_mean_high,
    r.scored / nullif(cast(r.notes as double), 0) as coverage,
    case when r.mean is not null then y.story_id end as story_id,
    case when r.mean is null then 'no-evidence' when y.story_id is null then 'no-story' end as sentiment_withheld,
    s.status
from cells c
join triage_status s on s.cell = c.cell
left join triage_stress_status ts on ts.cell = c.cell and ts.status = 'published'
left join means m on m.figure = 'stress' and m.cell = ts.cell
left join read_notes r on r.cell = c.cell
left join story_of y
    on y.period = c.period and y.period_start is not distinct from c.period_start and y.product = c.product
