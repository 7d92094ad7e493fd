-- Share and its 95 % interval by Wilson's score method (Wilson 1927; Brown, Cai, DasGupta 2001).
-- Null interval where n < 2.
with counted as (
    select figure, cell, count(*) as n, avg(cast(hit as double)) as p from share_members group by figure, cell
),
wilson as (
    select
        c.*,
        (p + z * z / (2 * n)) / (1 + z * z / n) as middle,
        z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) as half
    from (select counted.*, 1.959963984540054 as z from counted) c
)
select
    figure,
    cell,
    n,
    p,
    case when n > 1 then case when middle - half < 0 or p = 0 then 0.0 else middle - half end end as low,
    case when n > 1 then case when middle + half > 1 or p = 1 then 1.0 else middle + half end end as high
from wilson
