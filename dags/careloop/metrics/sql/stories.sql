-- stories: agents' redacted summaries that stand for a product's week, at most three each.
-- Only from groups of at least policy's min_clients_for_stories clients that are shown in dignity too.
-- Chosen to represent: one from each tercile of the clients' effort ratings, then from the unrated, in an
-- order made from a hash, so that a choice is stable. Never a client's note, never a client's rating.
with groups_shown as (
    select d.period_start, d.member as product, count(distinct d.client) as clients
    from dignity_members d
    join dignity_status s on s.cell = d.cell and s.status = 'published'
    cross join parameters w
    where d.period = 'week' and d.dimension = 'product' and d.counter = 'reopens'
    group by d.period_start, d.member, w.min_clients_for_stories
    having count(distinct d.client) >= w.min_clients_for_stories
),
rated as (
    select resolution, product, ntile(3) over (partition by product order by rating, slot) as tercile
    from answer
    where scale = 'ces-7' and resolution is not null
),
candidates as (
    select
        r.story_id,
        r.week as period_start,
        coalesce(nullif(trim(r.product), ''), 'unknown') as product,
        nullif(trim(r.moment), '') as moment,
        coalesce(r.summary_language, r.locale) as locale,
        r.summary as story,
        coalesce(t.tercile, 4) as tercile
    from resolved r
    left join (select resolution, min(tercile) as tercile from rated group by resolution) t on t.resolution = r.uid
    where r.summary is not null and r.resolved_by = 'human'
),
in_tercile as (
    select c.*, g.clients, row_number() over (
        partition by c.product, c.period_start, c.tercile order by c.story_id
    ) as turn
    from candidates c
    join groups_shown g on g.product = c.product and g.period_start = c.period_start
),
chosen as (
    select t.*, row_number() over (partition by product, period_start order by turn, tercile, story_id) as nth
    from in_tercile t
)
select
    story_id, 'week' as period, period_start, 'product' as dimension, product as member,
    moment, locale, story, cast(null as bigint) as effort, clients
from chosen
where nth <= 3
