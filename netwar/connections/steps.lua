-- What the steps of every family have in common. A step is done whole or not at all, and once: when it is asked for again, since
-- its answer was lost on the way, or since the network lets it echo, it is answered as it was the first time. The answer is kept
-- under KEYS[1]; ARGV begin with "once" (or "look", for a step that changes nothing) and the step's name.

local call = redis.call

local MAX_ARGUMENTS = 5000 -- of one call; Lua's own limit is 8,000
local REMEMBERED = 180 -- seconds; a client that waits for a server gives up after one minute

local function many(command, key, list)
  for first = 1, #list, MAX_ARGUMENTS do
    call(command, key, unpack(list, first, math.min(first + MAX_ARGUMENTS - 1, #list)))
  end
end

local step = {}

--STEPS--

local before = ARGV[1] == 'once' and call('GET', KEYS[1])
if before then
  return cmsgpack.unpack(before)[1]
end
local told = step[ARGV[2]](unpack(ARGV, 3, math.min(#ARGV, 10)))
if ARGV[1] == 'once' then
  call('SET', KEYS[1], cmsgpack.pack({told or false}), 'EX', REMEMBERED)
end
return told
