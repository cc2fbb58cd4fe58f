-- The values of keys as Redis writes them down itself, and which keys there are, all of one moment:
-- KEYS -> {{key, ...}, {{dump or false, milliseconds to live or -1}, ...}}
local there, found, cursor = {}, {}, '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    there[#there + 1] = key
  end
until cursor == '0'
for place, key in ipairs(KEYS) do
  found[place] = {redis.call('DUMP', key), redis.call('PTTL', key)}
end
return {there, found}
