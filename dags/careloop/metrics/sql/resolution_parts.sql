-- Which events each resolution's figures are made of: itself, and the reopens that undo it.
select uid as slot, uid from resolved
union all
select r.uid as slot, x.uid
from resolved r
join reopened x on x.source = r.source and x.ticket = r.ticket and x.resolution_seq = r.resolution_seq
