-- The steps of an app's captures (see captures/base.py and connections/steps.lua). KEYS from 2 on:
--
--   captures   hash   INDEX -> the capture as JSON, which is not read here
--   earlier    hash   "INDEX TERMS UNTIL" -> the capture as it was
--   state      hash   generation; fence, the last one given out; held, the fence that holds (none: not there), with until
--                     (by the server's clock), run and holder; live; name, by which our
--                     rules are known at X
--   rules      hash   id -> "UNTIL {...}": when the rule was removed (ms, 0: it stands), and the rule as JSON
--   connects   zset   of attempts, by their time (ms)

local captures, earlier, state, rules, connects = unpack(KEYS, 2)

local REMEMBERED_CONNECTS = 3600000 -- ms

local function holds(fence)
  return call('HGET', state, 'held') == fence
end

local function change()
  call('HINCRBY', state, 'generation', 1)
end

-- Put a capture in the place of what stood in this generation, with what becomes earlier and what is too old: 1, or 0 if
-- anything changed since. An empty capture removes it.
function step.put(generation, index, kept, became, became_kept, old)
  if (call('HGET', state, 'generation') or '0') ~= generation then
    return 0
  end
  if became ~= '' then
    call('HSET', earlier, became, became_kept)
  end
  many('HDEL', earlier, cjson.decode(old))
  if kept ~= '' then
    call('HSET', captures, index, kept)
  else
    call('HDEL', captures, index)
  end
  change()
  return 1
end

-- The new fence, or 0 while somebody holds; `dead` is a fence whose holder is known to be dead.
function step.hold(now, till, dead, run, holder)
  local held = call('HGET', state, 'held')
  if held and held ~= dead and tonumber(call('HGET', state, 'until')) > tonumber(now) then
    return 0
  end
  local fence = call('HINCRBY', state, 'fence', 1)
  call('HSET', state, 'held', fence, 'until', till, 'run', run, 'holder', holder)
  return fence
end

function step.renew(fence, till)
  if not holds(fence) then
    return 0
  end
  call('HSET', state, 'until', till)
  return 1
end

function step.release(fence)
  if holds(fence) then
    call('HDEL', state, 'held', 'until', 'run', 'holder')
  end
end

-- `put` is [id, "UNTIL {...}", ...], `removed` [[id, when], ...]; what was removed before a time is forgotten.
function step.rules(fence, put, removed, forgotten)
  if not holds(fence) then
    return 0
  end
  many('HSET', rules, cjson.decode(put))
  for _, one in ipairs(cjson.decode(removed)) do
    local kept = call('HGET', rules, one[1])
    if kept then
      call('HSET', rules, one[1], one[2] .. string.match(kept, '^%d+( .*)$'))
    end
  end
  local all, old = call('HGETALL', rules), {}
  for i = 1, #all, 2 do
    local till = tonumber(string.match(all[i + 1], '^%d+'))
    if till > 0 and till < tonumber(forgotten) then
      old[#old + 1] = all[i]
    end
  end
  many('HDEL', rules, old)
  return 1
end

function step.connecting(fence, at, name)
  if not holds(fence) then
    return 0
  end
  many('ZREM', connects, call('ZRANGEBYSCORE', connects, '-inf', tonumber(at) - REMEMBERED_CONNECTS))
  call('ZADD', connects, at, name)
  return 1
end

function step.report(fence, live)
  if not holds(fence) then
    return 0
  end
  call('HSET', state, 'live', live)
  return 1
end
