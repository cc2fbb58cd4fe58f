-- The steps of one app's spending (see connections/steps.lua for what they have in common). Under tw:money:APP:...
--
--   spent           hash    day -> micro-dollars
--   charges:DAY     hash    ["COMMAND", "INDEX", "KIND", "objects" or "free" or "micro"] -> how many
--   paid:DAY:KIND   set     ids that cost nothing any more on this day
--   reservations    hash    id -> {"request", "holder", "micro", "opened", "doubt", "command", "index"}
--   ahead           string  by how many seconds X's clock is ahead of Redis's, as the last answers told
--   day             string  the day of X's last answer
--   budgets         hash    ["DAY", "FILE", "HOST"] -> micro-dollars that this configuration allows, on a day on which it reserved
--
-- Days are ISO dates (UTC), times are seconds since 1970 on X's clock. Sums are added up by Redis, which has 64 bits for them;
-- Lua has 53. What is removed is removed last.

local spent, reservations, ahead, day_of_x, budgets = unpack(KEYS, 2, 6)

local function whole(number)
  return string.format('%.0f', number)
end

local function set_of(list)
  local found = {}
  for _, entry in ipairs(list) do
    found[entry] = true
  end
  return found
end

local function most_spent(days)
  local most = 0
  for _, day in ipairs(days) do
    most = math.max(most, tonumber(call('HGET', spent, day) or 0))
  end
  return most
end

-- The lowest budget that holds on one of these days, as {file, host, micro}; `own` is that of the configuration that asks, and
-- what it said before is put right.
local function lowest(days, own)
  local found, holds, known = own, set_of(days), call('HGETALL', budgets)
  for i = 1, #known, 2 do
    local day, file, host = unpack(cjson.decode(known[i]))
    if file == own[1] and host == own[2] then
      call('HSET', budgets, known[i], whole(own[3]))
    elseif holds[day] and tonumber(known[i + 1]) < found[3] then
      found = {file, host, tonumber(known[i + 1])}
    end
  end
  return found
end

-- A configuration reserves. Days before `kept`, if that is told, are forgotten.
local function allow(today, kept, own)
  call('HSET', budgets, cjson.encode({today, own[1], own[2]}), whole(own[3]))
  for _, known in ipairs(call('HKEYS', budgets)) do
    if cjson.decode(known)[1] < kept then
      call('HDEL', budgets, known)
    end
  end
end

local function largest(found, request, micro)
  found[request] = math.max(found[request] or 0, tonumber(micro))
end

-- {1 or 0: whether it fits, what was left, what other live runs may yet settle, the budget that forbids it}. What dead runs have
-- left is put in doubt, and what this run has open under the same request; the doubts of a request are of the same things, and one
-- that may be settled covers them as far as it goes. What was opened before `ended`, in a day that is over, is forgotten; what was opened before `overdue` is
-- not waited for.
function step.reserve(id, reservation, given)
  local mine, about = cjson.decode(reservation), cjson.decode(given)
  local is_dead, budget = set_of(about.dead), lowest(about.days, about.budget)
  local left, others, live, doubts = budget[3] - most_spent(about.days), 0, {}, {}
  largest(live, mine.request, mine.micro)
  local open = call('HGETALL', reservations)
  for i = 1, #open, 2 do
    local other = cjson.decode(open[i + 1])
    if is_dead[other.holder] and not other.doubt then
      other.doubt = true
      call('HSET', reservations, open[i], cjson.encode(other))
    end
    local nobodys, opened = other.doubt or other.holder == mine.holder, tonumber(other.opened)
    if open[i] == id then
      other = nil -- it gives way to this one
    elseif opened < about.ended and (other.doubt or other.holder ~= mine.holder) then
      call('HDEL', reservations, open[i])
    elseif other.doubt or (nobodys and other.request == mine.request) then
      largest(doubts, other.request, other.micro)
    else
      largest(live, other.request, other.micro)
      left = left - tonumber(other.micro)
      if not nobodys and opened > about.overdue then
        others = others + tonumber(other.micro)
      end
    end
  end
  for request, micro in pairs(doubts) do
    left = left - math.max(micro - (live[request] or 0), 0)
  end
  if tonumber(mine.micro) > left then
    return {0, whole(math.max(left, 0)), whole(others), budget[1], budget[2], whole(budget[3])}
  end
  allow(about.today, about.kept, about.budget)
  for i = 1, #open, 2 do
    local other = cjson.decode(open[i + 1])
    if other.request == mine.request and other.holder == mine.holder and open[i] ~= id then
      step.doubt(open[i])
    end
  end
  call('HSET', reservations, id, reservation)
  return {1, '0', '0'}
end

-- What another configuration says by now.
function step.allows(given)
  lowest({}, cjson.decode(given))
end

-- How far X's clock is ahead, and the day of its last answer. What was opened within `near` seconds of `before`, by a guess that
-- was far off, was opened by `moved` seconds later.
function step.learn(how_far, day, moved, before, near)
  call('SET', ahead, how_far)
  if day ~= '' then
    call('SET', day_of_x, day)
  end
  local open = tonumber(moved) ~= 0 and call('HGETALL', reservations) or {}
  for i = 1, #open, 2 do
    local other = cjson.decode(open[i + 1])
    if math.abs(tonumber(other.opened) - before) < tonumber(near) then
      other.opened = string.format('%.6f', other.opened + moved)
      call('HSET', reservations, open[i], cjson.encode(other))
    end
  end
end

function step.release(id)
  call('HDEL', reservations, id)
end

function step.doubt(id)
  local open = call('HGET', reservations, id)
  if open then
    local reservation = cjson.decode(open)
    reservation.doubt = true
    call('HSET', reservations, id, cjson.encode(reservation))
  end
end

-- Take from the doubts of a request what an answer to it has brought after all: `good`, but for `each` for each of its posts
-- (`posts`: when they were made) that may have come after the doubt, and for each that was paid for `before`.
local function make_good(id, about, before)
  local open = call('HGETALL', reservations)
  for i = 1, #open, 2 do
    local other = cjson.decode(open[i + 1])
    if other.doubt and other.request == about.request and open[i] ~= id then
      local doubt, newer = tonumber(other.micro), 0
      for _, made in ipairs(about.posts) do
        if made >= other.opened - about.late then
          newer = newer + 1
        end
      end
      local left = math.min(doubt, math.max(doubt - about.good + before * about.each, 0) + newer * about.each)
      if left > 0 then
        other.micro = whole(left)
        call('HSET', reservations, open[i], cjson.encode(other))
      else
        call('HDEL', reservations, open[i])
      end
    end
  end
end

-- Book what came for one purpose: `kinds` are [kind, price, number of ids, number of the key that has what is paid for], the ids
-- follow one after the other from the argument `first_id` on. What it cost, and where the next ids begin.
local function book(day, command, index, kinds, first_id, kept)
  local charges, whole_cost = KEYS[7], 0
  for number, kind in ipairs(kinds) do
    local paid, count, new = KEYS[7 + (kind[4] or number)], kind[3], 0
    for first = first_id, first_id + count - 1, MAX_ARGUMENTS do
      new = new + call('SADD', paid, unpack(ARGV, first, math.min(first + MAX_ARGUMENTS, first_id + count) - 1))
    end
    call('EXPIRE', paid, kept)
    first_id = first_id + count
    local cost = new * kind[2]
    whole_cost = whole_cost + cost
    for what, sum in pairs({objects = new, free = count - new, micro = cost}) do
      call('HINCRBY', charges, cjson.encode({command, index, kind[1], what}), whole(sum))
    end
    call('HINCRBY', spent, day, whole(cost))
  end
  return whole_cost, first_id
end

-- Book what came: `kinds` are [kind, price, number of ids], their ids follow one after the other; that they are paid for is kept
-- for so many seconds. What it cost.
function step.settle(id, day, purpose, kinds, doubts, kept)
  local command, index = unpack(cjson.decode(purpose))
  local about, before = cjson.decode(doubts), 0
  kinds = cjson.decode(kinds)
  for number, kind in ipairs(kinds) do
    for _, post in ipairs(kind[1] == 'post' and about.resumed or {}) do
      before = before + call('SISMEMBER', KEYS[7 + number], post)
    end
  end
  local whole_cost = book(day, command, index, kinds, 9, kept)
  make_good(id, about, before)
  step.release(id)
  return whole(whole_cost)
end

-- Book what a stream brought out of a slice, for several purposes ([command, index, kinds] each), and set the next one aside in
-- its place: {what each cost, then as `reserve` tells}. Where it does not fit, what is left of the slice stays.
function step.draw(id, day, bought, kept, reservation, given)
  local slice, sum, costs, first_id = call('HGET', reservations, id), 0, {}, 9
  for number, one in ipairs(cjson.decode(bought)) do
    local cost
    cost, first_id = book(day, one[1], one[2], one[3], first_id, kept)
    sum, costs[number] = sum + cost, whole(cost)
  end
  local told = step.reserve(id, reservation, given)
  if told[1] == 0 and slice then
    local rest = cjson.decode(slice)
    rest.micro = whole(math.max(tonumber(rest.micro) - sum, 0))
    if rest.micro == '0' then
      step.release(id)
    else
      call('HSET', reservations, id, cjson.encode(rest))
    end
  end
  return {costs, told}
end
