-- The steps of a roster (see queues/roster.py), which come after those of a queue (redis.lua) and use them on two queues.
--
--   KEYS 2..10    the queue ADDS, as redis.lua has it
--   KEYS 11..19   the queue WORK
--   seen     hash     user -> "LIST,LIST {...}": the lists of a member, and all else as JSON, which is not read here
--   round    string   "NUMBER BEGAN SIZE" of the last round that was begun
--   taken    hash     what -> when somebody last had a turn
--
-- Lists of users come as JSON, so a step has as many as it needs. A member is put on a queue first and noted afterwards,
-- and leaves SEEN last: a step that is forbidden half-way loses nobody.

local ADDS, WORK = 2, 11
local seen, round, taken = KEYS[20], KEYS[21], KEYS[22]

local SLIP = 1 -- seconds by which hosts may know this server's clock differently

-- Let the steps of a queue be those of ADDS, or of WORK.
local function use(queue)
  waiting, turns, queued, claims, holders, leases, claimed, failures, failed = unpack(KEYS, queue, queue + 8)
end

-- Put users on the queue that is used, in their order; any number of them.
local function put_all(users, now)
  for first = 1, #users, MAX_ARGUMENTS do
    put({unpack(users, first, math.min(first + MAX_ARGUMENTS - 1, #users))}, now, 1)
  end
end

-- Take a user off the queue that is used. A claim has them for itself alone from now on, so nobody waits again by its end.
local function drop(user)
  local token = call('HGET', claimed, user)
  local claim = token and claim_of(token)
  for place, one in ipairs(claim and claim.users or {}) do
    if one == user then
      table.insert(claim.extra, table.remove(claim.users, place))
      call('HSET', claims, token, cjson.encode(claim))
      break
    end
  end
  for _, key in ipairs({failures, failed, queued}) do
    call('HDEL', key, user)
  end
  call('ZREM', turns, user)
  call('SREM', waiting, user)
end

-- What is kept of users, who are no more than one call takes; false for whoever is no member.
local function kept_of(users)
  return #users > 0 and call('HMGET', seen, unpack(users)) or {}
end

-- A list of ids without one of them; whether it was there.
local function without(lists, list)
  local left, found = {}, false
  for one in string.gmatch(lists, '[^,]+') do
    if one == list then
      found = true
    else
      left[#left + 1] = one
    end
  end
  return left, found
end

-- Users, no more than one call takes, are on a list; `about` is what is noted of whoever is new. Those who are.
function step.fresh(list, now, about, users)
  users = cjson.decode(users)
  local new, notes = {}, {}
  for place, kept in ipairs(kept_of(users)) do
    local user = users[place]
    local lists, rest = string.match(kept or '', '^(%S+)( .*)$')
    if not lists then
      new[#new + 1] = user
      notes[#notes + 1] = user
      notes[#notes + 1] = list .. ' ' .. about
    elseif not select(2, without(lists, list)) then
      notes[#notes + 1] = user
      notes[#notes + 1] = lists .. ',' .. list .. rest
    end
  end
  use(ADDS)
  put_all(new, now)
  many('HSET', seen, notes)
  return new
end

-- Users, no more than one call takes, are off a list: those who are on none now.
function step.unlist(list, users)
  users = cjson.decode(users)
  local gone = {}
  for place, kept in ipairs(kept_of(users)) do
    local lists, rest = string.match(kept or '', '^(%S+)( .*)$')
    local left, was_there = without(lists or '', list)
    if was_there and #left > 0 then
      call('HSET', seen, users[place], table.concat(left, ',') .. rest)
    elseif was_there then
      gone[#gone + 1] = users[place]
    end
  end
  for _, queue in ipairs({ADDS, WORK}) do
    use(queue)
    for _, user in ipairs(gone) do
      drop(user)
    end
  end
  many('HDEL', seen, gone)
  return gone
end

-- Put what is to be kept of members in the place of what was, as [[user, before, after], ...]; with due '1' they wait on
-- ADDS, too. Those of whom something else is kept meanwhile, or nothing.
function step.exchange(now, due, told)
  local done, missed, notes = {}, {}, {}
  for _, one in ipairs(cjson.decode(told)) do
    local user, before, after = unpack(one)
    if call('HGET', seen, user) == before then
      done[#done + 1] = user
      notes[#notes + 1] = user
      notes[#notes + 1] = after
    else
      missed[#missed + 1] = user
    end
  end
  if due == '1' then
    use(ADDS)
    put_all(done, now)
  end
  many('HSET', seen, notes)
  return missed
end

-- 1 if a round was begun.
function step.begin(number, at, now, lease, dead, most, users)
  local before = string.match(call('GET', round) or '0', '^%d+')
  if tonumber(before) ~= tonumber(number) - 1 then
    return 0
  end
  local left = 0
  for _, queue in ipairs({ADDS, WORK}) do
    use(queue)
    free(now, dead, most, nil, lease)
    left = left + call('SCARD', waiting) + call('HLEN', claimed)
  end
  if left > 0 then
    return 0
  end
  local due = {}
  for _, user in ipairs(cjson.decode(users)) do
    if call('HEXISTS', seen, user) == 1 then
      due[#due + 1] = user
    end
  end
  use(WORK)
  put_all(due, now)
  use(ADDS)
  many('HDEL', failed, due)
  call('SET', round, number .. ' ' .. at .. ' ' .. #due)
  return 1
end

-- 1 for one caller in so many seconds. A turn of a time that is yet to come was taken while the clock was ahead.
function step.turn(what, now, seconds)
  local last = call('HGET', taken, what)
  if last and tonumber(now) - tonumber(seconds) < tonumber(last) and tonumber(last) <= tonumber(now) + SLIP then
    return 0
  end
  call('HSET', taken, what, now)
  return 1
end

-- How many members there were, then how many on ADDS and on WORK waited, were claimed, had failed.
function step.wipe()
  local counts = {call('HLEN', seen)}
  for _, queue in ipairs({ADDS, WORK}) do
    use(queue)
    for _, count in ipairs(step.clear()) do
      counts[#counts + 1] = count
    end
  end
  call('UNLINK', seen, round, taken)
  return counts
end
