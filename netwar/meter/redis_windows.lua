-- The steps of rate windows (see connections/steps.lua for what they have in common).
--
--   tw:window:TOKEN:ENDPOINT  hash    limit, remaining, reset, seen (when an answer last told, if ever), guessed ("1" from
--                                     when we open it until an answer tells), closed (until when nobody may ask)
--   tw:windows:TOKEN          set     its endpoints
--
-- Times are seconds since 1970 on the server's clock. A time that is further ahead than the `longest` window was written when that
-- clock was; resets that differ by no more than `same` seconds are of one window.

local window, endpoints = KEYS[2], KEYS[3]

local function field(name, missing)
  return tonumber(call('HGET', window, name) or missing)
end

local function write(endpoint, ...)
  call('HSET', window, ...)
  call('SADD', endpoints, endpoint)
end

-- Seconds to wait, or nothing: the request is counted.
function step.take(endpoint, now, limit, width, longest)
  local told, remaining = field('limit', 0), field('remaining', 0)
  local reset, closed = field('reset', 0), field('closed', 0)
  now, longest = tonumber(now), tonumber(longest)
  if closed > now and closed <= now + longest then
    return tostring(closed - now)
  elseif reset <= now or reset > now + longest then
    local known = call('HEXISTS', window, 'seen') == 1 and told > 0
    limit = known and told or tonumber(limit)
    write(endpoint, 'limit', limit, 'remaining', limit - 1, 'reset', width, 'guessed', 1)
  elseif remaining > 0 then
    call('HINCRBY', window, 'remaining', -1)
  else
    return tostring(reset - now)
  end
  return false
end

-- What an answer told. One of an earlier window, that came late, tells nothing any more.
function step.update(endpoint, now, limit, remaining, reset, longest, same)
  now, limit, remaining, reset = tonumber(now), tonumber(limit), tonumber(remaining), tonumber(reset)
  if call('EXISTS', window) == 1 then
    local width, rest, before = field('limit', 0), field('remaining', 0), field('reset', 0)
    if before > now + longest then
      before = 0
    elseif field('guessed', 0) == 1 then
      remaining = math.min(remaining, limit - (width - rest)) -- requests of others are still on their way
    elseif reset < before - same then
      return
    elseif reset <= before + same then
      remaining, reset = math.min(remaining, rest), math.max(reset, before)
    end
  end
  write(endpoint, 'limit', limit, 'remaining', math.max(remaining, 0), 'reset', reset, 'seen', now, 'guessed', 0)
end

function step.block_until(endpoint, now, reset)
  if call('EXISTS', window) == 0 then
    write(endpoint, 'limit', 0, 'remaining', 0, 'reset', reset, 'guessed', 1)
  end
  write(endpoint, 'closed', reset, 'seen', now)
end
