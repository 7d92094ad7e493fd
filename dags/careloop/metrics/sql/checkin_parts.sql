-- Which events each check-in's figures are made of.
select checkin as slot, uid from claimed
union all
select checkin as slot, uid from sent
union all
select checkin as slot, uid from avoided
union all
select checkin as slot, uid from undelivered
union all
select checkin as slot, uid from answered where checkin is not null
union all
select checkin as slot, uid from opened where checkin is not null
union all
select checkin as slot, uid from declined where checkin is not null
