-- Which events each slot of volumes is made of.
select uid as slot, uid from resolved
union all
select uid as slot, uid from reopened
