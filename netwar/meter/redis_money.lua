-- The steps of one app's spending (see connections/steps.lua for what they have in common). Under tw:money:APP:...
--
--   spent           hash    day -> micro-dollars
--   charges:DAY     hash    ["COMMAND", "INDEX", "KIND", "objects" or "free" or "micro"] -> how many
--   paid:DAY:KIND   set     ids that cost nothing any more on this day
--   reservations    hash    request -> {"id", "holder", "micro", "opened", "command", "index"}
--
-- Days are ISO dates (UTC), times are seconds since 1970. Sums are added up by Redis, which has 64 bits for them; Lua has 53.

local spent, reservations = KEYS[2], KEYS[3]

local DAYS_KEPT = 4 * 86400 -- X charges an object once a UTC day; the rest is for clocks that differ, and for looking back
local LONGEST_REQUEST = 86400

local function whole(number)
  return string.format('%.0f', number)
end

-- {1 or 0: whether it fits, what was left, what others hold}
function step.reserve(request, reservation, today, tomorrow, now, budget, dead)
  local mine = cjson.decode(reservation)
  local is_dead = {}
  for _, holder in ipairs(cjson.decode(dead)) do
    is_dead[holder] = true
  end
  local left, others = tonumber(budget), 0
  left = left - math.max(tonumber(call('HGET', spent, today) or 0), tonumber(call('HGET', spent, tomorrow) or 0))
  local open = call('HGETALL', reservations)
  for i = 1, #open, 2 do
    local other = cjson.decode(open[i + 1])
    if is_dead[other.holder] or tonumber(other.opened) < now - LONGEST_REQUEST then
      call('HDEL', reservations, open[i])
    elseif open[i] ~= request then
      left = left - tonumber(other.micro)
      others = others + (other.holder == mine.holder and 0 or tonumber(other.micro))
    end
  end
  if tonumber(mine.micro) > left then
    return {0, whole(math.max(left, 0)), whole(others)}
  end
  call('HSET', reservations, request, reservation)
  return {1, '0', '0'}
end

-- Close a reservation, unless the same request has another one by now.
function step.release(request, id)
  local open = call('HGET', reservations, request)
  if open and cjson.decode(open).id == id then
    call('HDEL', reservations, request)
  end
end

-- Book what came: `kinds` are [kind, price, number of ids], their ids follow one after the other. What it cost.
function step.settle(request, id, day, purpose, kinds)
  local charges = KEYS[4]
  local command, index = unpack(cjson.decode(purpose))
  local at, whole_cost = 8, 0
  for number, kind in ipairs(cjson.decode(kinds)) do
    local paid, count, new = KEYS[4 + number], kind[3], 0
    for first = at, at + count - 1, MOST_ARGUMENTS do
      new = new + call('SADD', paid, unpack(ARGV, first, math.min(first + MOST_ARGUMENTS, at + count) - 1))
    end
    call('EXPIRE', paid, DAYS_KEPT)
    at = at + count
    local cost = new * kind[2]
    whole_cost = whole_cost + cost
    for what, sum in pairs({objects = new, free = count - new, micro = cost}) do
      call('HINCRBY', charges, cjson.encode({command, index, kind[1], what}), whole(sum))
    end
    call('HINCRBY', spent, day, whole(cost))
  end
  step.release(request, id)
  return whole(whole_cost)
end
