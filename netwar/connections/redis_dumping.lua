-- The values of keys as Redis writes them down itself, all of one moment: KEYS -> {dump or false, milliseconds to live or -1}, ...
local found = {}
for place, key in ipairs(KEYS) do
  found[place] = {redis.call('DUMP', key), redis.call('PTTL', key)}
end
return found
