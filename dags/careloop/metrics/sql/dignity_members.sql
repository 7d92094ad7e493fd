-- What each row of dignity counts: one row per resolution, period, group and counter that was reported.
-- The groups by moment are counted here for the dataset moments; dignity itself shows all and product.
select
    slot,
    client,
    concat_ws('¦', period, coalesce(cast(period_start as string), ''), dimension, member, counter) as cell,
    period,
    period_start,
    dimension,
    member,
    counter,
    value
from (
    select
        r.slot,
        r.client,
        r.period,
        r.period_start,
        d.dimension,
        case d.dimension when 'product' then r.product when 'moment' then r.moment else 'all' end as member,
        c.counter,
        case c.counter
            when 'repeated_explanations' then r.repeated_explanations
            when 'identity_checks_beyond_first' then r.identity_checks_beyond_first
            when 'escalations_by_confusion' then r.escalations_by_confusion
            when 'handoffs' then r.handoffs
            when 'reopens' then r.reopens
        end as value
    from resolution r
    cross join dimensions d
    cross join counters c
) counted
where value is not null
