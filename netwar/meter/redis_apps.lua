-- The step of recording whose a bearer token is (see connections/steps.lua). KEYS[2] is the hash of the tokens; then come pairs of
-- keys, of the token alone and of its app: what was booked for the one is added to the other. What is paid for is kept for so many
-- seconds.

local function add_fields(from, to, command)
  local fields = call('HGETALL', from)
  for i = 1, #fields, 2 do
    call(command, to, fields[i], fields[i + 1])
  end
end

local function add_members(from, to, kept)
  many('SADD', to, call('SMEMBERS', from))
  if call('EXISTS', to) == 1 then
    call('EXPIRE', to, kept)
  end
end

function step.record(token, app, kept)
  call('HSET', KEYS[2], token, app)
  for i = 3, token ~= app and #KEYS or 0, 2 do
    local from, to = KEYS[i], KEYS[i + 1]
    local kind = string.match(from, '^tw:money:[^:]+:(%w+)')
    if kind == 'paid' then
      add_members(from, to, kept)
    elseif kind == 'spent' or kind == 'charges' then
      add_fields(from, to, 'HINCRBY')
    else
      add_fields(from, to, 'HSETNX')
    end
    call('UNLINK', from)
  end
end
