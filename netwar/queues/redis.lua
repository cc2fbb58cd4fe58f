-- The steps of a queue (see connections/steps.lua for what they have in common).
--
-- NAME itself is the set of those who wait, for people to look at and to add to. Beside it, under tw:NAME:...
--
--   turns     sorted set  user -> when put, or put back; the lowest is next
--   queued    hash        user -> when put, of those who are claimed or were put back
--   claims    hash        token -> {"users": [...], "extra": [...]}; extra are entries that the claim made for itself
--   holders   hash        token -> the run that has the claim
--   leases    sorted set  token -> until when
--   claimed   hash        user -> token
--   failures  hash        user -> "TIMES REASON", of those who may yet succeed
--   failed    hash        user -> "TIMES REASON", of those who were set aside
--
-- Times are seconds since 1970; `most` is how many failures in a row set a user aside. What is removed is removed last: a step
-- that is forbidden half-way loses nobody.

local waiting, turns, queued, claims, holders, leases, claimed, failures, failed = unpack(KEYS, 2)

local ADOPTED = 100

-- Turns are counted in whole micros, so that no two of them become one when they are written as seconds.
local function micros(text)
  return math.floor(tonumber(text) * 1e6 + 0.5)
end

local function seconds(whole_micros)
  return string.format('%.6f', whole_micros / 1e6)
end

-- The first turn behind all there are, in micros.
local function last_turn(now)
  local last = call('ZRANGE', turns, -1, -1, 'WITHSCORES')
  return math.max(micros(now), micros(last[2] or 0) + 1)
end

local function claim_of(token)
  local claim = call('HGET', claims, token)
  return claim and cjson.decode(claim)
end

local function forget(token, claim)
  for _, users in pairs(claim) do
    many('HDEL', claimed, users)
  end
  call('HDEL', claims, token)
  call('HDEL', holders, token)
  call('ZREM', leases, token)
end

-- Let the users of a claim wait again, behind all the others; with a reason, count a failure. Who has `most` is set aside.
local function hand_back(token, now, most, reason)
  local claim = claim_of(token)
  if not claim then
    return
  end
  local turn = last_turn(now)
  for place, user in ipairs(claim.users) do
    local times, why = string.match(call('HGET', failures, user) or '0 ', '^(%d+) (.*)$')
    times = tonumber(times)
    if reason then
      times, why = times + 1, reason
      call('HSET', failures, user, times .. ' ' .. why)
    end
    if times < tonumber(most) then
      call('ZADD', turns, seconds(turn + place - 1), user)
      call('SADD', waiting, user)
    else
      call('HSET', failed, user, times .. ' ' .. why)
      call('HDEL', failures, user)
      call('HDEL', queued, user)
    end
  end
  forget(token, claim)
end

-- Hand back the claims of dead runs and those whose leases ran out, but for one; also those that last longer than a lease that
-- begins now, if that is told: they were written when the server's clock was ahead. Who has waited for this server to come back
-- tells a `now` that is over: others, who came sooner, have begun leases since.
local function free(now, dead, most, sparing, lease)
  local over = call('ZRANGEBYSCORE', leases, '-inf', now)
  if lease then
    local time = call('TIME')
    local since = math.max(0, time[1] * 1e6 + time[2] - micros(now))
    for _, token in ipairs(call('ZRANGEBYSCORE', leases, '(' .. seconds(micros(lease) + since + 1e6), '+inf')) do
      over[#over + 1] = token
    end
  end
  if dead ~= '[]' then
    local is_dead = {}
    for _, holder in ipairs(cjson.decode(dead)) do
      is_dead[holder] = true
    end
    local held = call('HGETALL', holders)
    for i = 1, #held, 2 do
      if is_dead[held[i + 1]] then
        over[#over + 1] = held[i]
      end
    end
  end
  for _, token in ipairs(over) do
    if token ~= sparing then
      hand_back(token, now, most, nil)
    end
  end
end

-- Who was added by hand has no turn yet, and gets one behind the others; how many did.
local function adopt(now)
  local adopted, turn = 0, seconds(last_turn(now))
  for _, user in ipairs(call('SRANDMEMBER', waiting, ADOPTED)) do
    adopted = adopted + call('ZADD', turns, 'NX', turn, user)
  end
  return adopted
end

-- The next users, and all whose turn has passed with theirs: also who was removed by hand, or is claimed already.
local function next_in_turn(size, now)
  local users, passed, width = {}, {}, size
  if call('SCARD', waiting) == 0 then
    call('UNLINK', turns)
  elseif call('SCARD', waiting) > call('ZCARD', turns) then
    adopt(now)
  end
  while #users < size do
    local rows = call('ZRANGE', turns, #passed, #passed + width - 1, 'WITHSCORES')
    if #rows == 0 and (call('SCARD', waiting) == #users or adopt(now) == 0) then
      break
    end
    for i = 1, #rows, 2 do
      passed[#passed + 1] = rows[i]
      if call('SISMEMBER', waiting, rows[i]) == 1 and call('HEXISTS', claimed, rows[i]) == 0 then
        users[#users + 1] = rows[i]
        call('HSETNX', queued, rows[i], rows[i + 1])
      end
      if #users == size then
        break
      end
    end
    width = 1000
  end
  return users, passed
end

local function grant(token, holder, lease, users)
  local pairs_of = {}
  for _, user in ipairs(users) do
    pairs_of[#pairs_of + 1] = user
    pairs_of[#pairs_of + 1] = token
    if call('HDEL', failed, user) == 1 then
      call('HDEL', failures, user)
    end
  end
  many('HSET', claimed, pairs_of)
  call('HSET', claims, token, cjson.encode({users = users, extra = {}}))
  call('HSET', holders, token, holder)
  call('ZADD', leases, lease, token)
end

-- Who is put while a claim has them for itself alone goes on waiting when that is put back.
local function keep(token, user, now)
  local claim = claim_of(token)
  for place, extra in ipairs(claim.extra) do
    if extra == user then
      table.insert(claim.users, table.remove(claim.extra, place))
      call('HSETNX', queued, user, now)
      call('HSET', claims, token, cjson.encode(claim))
      return
    end
  end
end

-- Let users wait, all different and no more than one call takes; `apart` micros lie between one's turn and the next one's.
-- How many were new.
local function put(users, now, apart)
  local there = call('SMISMEMBER', waiting, unpack(users))
  local owners = call('HLEN', claimed) > 0 and call('HMGET', claimed, unpack(users))
  local new, in_turn, first = {}, {}, last_turn(now)
  local turn = seconds(first)
  for i, user in ipairs(users) do
    if owners and owners[i] then
      keep(owners[i], user, now)
    elseif there[i] == 0 then
      if apart > 0 then
        turn = seconds(first + apart * #new)
      end
      new[#new + 1] = user
      in_turn[#in_turn + 1] = turn
      in_turn[#in_turn + 1] = user
    end
  end
  many('SADD', waiting, new)
  many('ZADD', turns, in_turn)
  for _, key in ipairs({failed, failures, queued}) do
    if call('EXISTS', key) == 1 then
      many('HDEL', key, new)
    end
  end
  return #new
end

-- The users follow the two arguments.
function step.put(now, apart)
  return put({unpack(ARGV, 5)}, now, tonumber(apart))
end

-- {when the one who waited longest was put, user, ...}, or nothing.
function step.take(token, holder, now, lease, size, dead, most)
  free(now, dead, most, nil, lease)
  local users, passed = next_in_turn(tonumber(size), now)
  if #users > 0 then
    grant(token, holder, lease, users)
  end
  many('ZREM', turns, passed)
  many('SREM', waiting, passed)
  if #users == 0 then
    return false
  end
  local told, oldest = {''}, tonumber(now)
  for _, user in ipairs(users) do
    told[#told + 1] = user
    oldest = math.min(oldest, tonumber(call('HGET', queued, user) or now))
  end
  told[1] = seconds(micros(oldest))
  return told
end

-- 1, or 0 when the claim is lost. With progress '1' earlier failures are forgotten.
function step.renew(token, lease, progress)
  local claim = claim_of(token)
  if not claim then
    return 0
  end
  for _, users in pairs(progress == '1' and claim or {}) do
    many('HDEL', failures, users)
  end
  call('ZADD', leases, lease, token)
  return 1
end

function step.done(token)
  local claim = claim_of(token)
  for _, users in pairs(claim or {}) do
    many('HDEL', queued, users)
    many('HDEL', failures, users)
  end
  if claim then
    forget(token, claim)
  end
end

function step.put_back(token, now, most, reason)
  hand_back(token, now, most, reason)
end

-- Make another entry part of a claim: 1, 0 when another claim has it, -1 when the claim is lost.
function step.also(token, user, now, dead, most)
  free(now, dead, most, token)
  local claim, owner = claim_of(token), call('HGET', claimed, user)
  if not claim then
    return -1
  elseif owner then
    return owner == token and 1 or 0
  end
  local set_aside, put = call('HGET', failed, user), call('ZSCORE', turns, user)
  if set_aside or call('SISMEMBER', waiting, user) == 1 then
    table.insert(claim.users, user)
    call('HSETNX', queued, user, put or now)
    if set_aside then
      call('HSET', failures, user, set_aside)
    end
  else
    table.insert(claim.extra, user)
  end
  call('HSET', claims, token, cjson.encode(claim))
  call('HSET', claimed, user, token)
  call('HDEL', failed, user)
  call('ZREM', turns, user)
  call('SREM', waiting, user)
  return 1
end

-- Claim one user, waiting or not: 1, or 0 when another claim has them.
function step.claim(token, user, holder, now, lease, dead, most)
  free(now, dead, most, nil, lease)
  if call('HEXISTS', claimed, user) == 1 then
    return 0
  end
  grant(token, holder, lease, {})
  return step.also(token, user, now, '[]', most)
end

-- Take users, all different, off the queue, but for those who are claimed: what each of them was, '' for one who was not there.
function step.remove(now, dead, most)
  free(now, dead, most)
  local stood = {}
  for place, user in ipairs({unpack(ARGV, 6)}) do
    if call('HEXISTS', claimed, user) == 1 then
      stood[place] = 'claimed'
    else
      local set_aside = call('HDEL', failed, user) == 1
      call('HDEL', failures, user)
      call('HDEL', queued, user)
      call('ZREM', turns, user)
      stood[place] = call('SREM', waiting, user) == 1 and 'waiting' or set_aside and 'failed' or ''
    end
  end
  return stood
end

-- Give an entry of a claim, added by hand, the spelling that all others have; without one, set it aside. Who is left.
function step.respell(token, entry, user, reason)
  local claim = claim_of(token)
  if not claim or call('HGET', claimed, entry) ~= token then
    return claim and claim.users or {}
  end
  local users = {}
  for _, other in ipairs(claim.users) do
    if other ~= entry then
      users[#users + 1] = other
    end
  end
  if user == '' then
    call('HSET', failed, entry, '1 ' .. reason)
  elseif call('HEXISTS', claimed, user) == 0 and call('SISMEMBER', waiting, user) == 0 then
    users[#users + 1] = user
    call('HSET', claimed, user, token)
    call('HSET', queued, user, call('HGET', queued, entry))
  end
  call('HSET', claims, token, cjson.encode({users = users, extra = claim.extra}))
  call('HDEL', queued, entry)
  call('HDEL', claimed, entry)
  if #users == 0 then
    forget(token, claim)
  end
  return users
end

-- Who is worked on, and what else is held for them, of each claim: {token, {user, ...}, {entry, ...}}. An entry that a claim made for
-- itself is one of its users again, unless the claim has no other.
local function worked_on()
  local list, told = {}, call('HGETALL', claims)
  for i = 1, #told, 2 do
    local is_ours, claim = pcall(cjson.decode, told[i + 1])
    if is_ours and #claim.users > 0 then
      list[#list + 1] = {told[i], claim.users, claim.extra}
    elseif is_ours then
      list[#list + 1] = {told[i], {claim.extra[1]}, {unpack(claim.extra, 2)}}
    end
  end
  return list
end

-- Those whose turn comes after a time, at least `most` if there are so many: {the time of the last one, user, ...}.
function step.portion(after, most)
  local rows = call('ZRANGEBYSCORE', turns, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
  if #rows == 0 then
    return {}
  end
  local last = rows[#rows]
  local found = {last}
  for _, user in ipairs(call('ZRANGEBYSCORE', turns, '(' .. after, last)) do
    if call('SISMEMBER', waiting, user) == 1 then
      found[#found + 1] = user
    end
  end
  return found
end

-- Those who were added by hand and have no turn yet, some at a time: {the cursor for the next ones, user, ...}.
function step.unplaced(cursor, most)
  local rows = call('SSCAN', waiting, cursor, 'COUNT', most)
  local found = {rows[1]}
  for _, user in ipairs(rows[2]) do
    if not call('ZSCORE', turns, user) then
      found[#found + 1] = user
    end
  end
  return found
end

-- {{user, holder, until, other entries that are held for the same user, ...}, ...}
function step.claimed()
  local list = {}
  for _, claim in ipairs(worked_on()) do
    local token, users, also = unpack(claim)
    for place, user in ipairs(users) do
      local others = place == 1 and also or {}
      list[#list + 1] = {user, call('HGET', holders, token), call('ZSCORE', leases, token), unpack(others)}
    end
  end
  return list
end

-- How many waited, were claimed, had failed.
function step.clear()
  local counts = {call('SCARD', waiting), 0, call('HLEN', failed)}
  for _, claim in ipairs(worked_on()) do
    counts[2] = counts[2] + #claim[2]
  end
  call('UNLINK', waiting, turns, queued, claims, holders, leases, claimed, failures, failed)
  return counts
end
