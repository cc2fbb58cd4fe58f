-- The steps of one app's spending (see connections/steps.lua for what they have in common). Under tw:money:APP:...
--
--   spent           hash    day -> micro-dollars
--   charges:DAY     hash    ["COMMAND", "INDEX", "KIND", "objects" or "free" or "micro"] -> how many
--   paid:DAY:KIND   set     ids that cost nothing any more on this day
--   reservations    hash    id -> {"request", "holder", "micro", "opened", "doubt", "command", "index"}
--   ahead           string  by how many seconds X's clock is ahead of Redis's, as the last answers told
--
-- Days are ISO dates (UTC), times are seconds since 1970 on X's clock. Sums are added up by Redis, which has 64 bits for them;
-- Lua has 53. What is removed is removed last.

local spent, reservations, ahead = KEYS[2], KEYS[3], KEYS[4]

local DAYS_KEPT = 4 * 86400 -- X charges an object once a UTC day; the rest is for clocks that differ, and for looking back
local CLOCK_STEP = 1.5 -- X tells whole seconds, and some pass on the way

local function whole(number)
  return string.format('%.0f', number)
end

local function is_one_of(list)
  local found = {}
  for _, entry in ipairs(cjson.decode(list)) do
    found[entry] = true
  end
  return found
end

local function most_spent(days)
  local most = 0
  for _, day in ipairs(cjson.decode(days)) do
    most = math.max(most, tonumber(call('HGET', spent, day) or 0))
  end
  return most
end

-- {1 or 0: whether it fits, what was left, what other live runs may yet settle}. What dead runs have left is put in doubt;
-- what was opened before `ended`, in a day that is over, is forgotten; what was opened before `overdue` is not waited for.
function step.reserve(id, reservation, days, ended, overdue, budget, dead)
  local mine, is_dead = cjson.decode(reservation), is_one_of(dead)
  local left, others, gone = tonumber(budget) - most_spent(days), 0, {}
  local open = call('HGETALL', reservations)
  for i = 1, #open, 2 do
    local other = cjson.decode(open[i + 1])
    if is_dead[other.holder] and not other.doubt then
      other.doubt = true
      call('HSET', reservations, open[i], cjson.encode(other))
    end
    local nobodys, opened = other.doubt or other.holder == mine.holder, tonumber(other.opened)
    if opened < tonumber(ended) and (other.doubt or other.holder ~= mine.holder) then
      call('HDEL', reservations, open[i])
    elseif nobodys and other.request == mine.request then
      gone[#gone + 1] = open[i]
    else
      left = left - tonumber(other.micro)
      if not nobodys and opened > tonumber(overdue) then
        others = others + tonumber(other.micro)
      end
    end
  end
  if tonumber(mine.micro) > left then
    return {0, whole(math.max(left, 0)), whole(others)}
  end
  call('HSET', reservations, id, reservation)
  many('HDEL', reservations, gone)
  return {1, '0', '0'}
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

-- Book what came: `kinds` are [kind, price, number of ids], their ids follow one after the other. What it cost. `at` is the time at
-- X, `now` that of Redis.
function step.settle(id, day, at, now, purpose, kinds)
  if math.abs(at - now - (call('GET', ahead) or 0)) > CLOCK_STEP then
    call('SET', ahead, string.format('%.6f', at - now))
  end
  local charges = KEYS[5]
  local command, index = unpack(cjson.decode(purpose))
  local first_id, whole_cost = 9, 0
  for number, kind in ipairs(cjson.decode(kinds)) do
    local paid, count, new = KEYS[5 + number], kind[3], 0
    for first = first_id, first_id + count - 1, MOST_ARGUMENTS do
      new = new + call('SADD', paid, unpack(ARGV, first, math.min(first + MOST_ARGUMENTS, first_id + count) - 1))
    end
    call('EXPIRE', paid, DAYS_KEPT)
    first_id = first_id + count
    local cost = new * kind[2]
    whole_cost = whole_cost + cost
    for what, sum in pairs({objects = new, free = count - new, micro = cost}) do
      call('HINCRBY', charges, cjson.encode({command, index, kind[1], what}), whole(sum))
    end
    call('HINCRBY', spent, day, whole(cost))
  end
  step.release(id)
  return whole(whole_cost)
end
