-- What quota.py does, in one step for all processes. Figures come from there.
--
-- KEYS  of the user, then of the project:
--       taken   sorted set: ticket -> when its place is free again
--       line    sorted set: run that waits -> when it last asked
--       since   hash: run -> since when it waits
--       held    text: until when nobody calls
-- ARGV  what to do, now ("" for this server's own time), figures (JSON), and what it is about

local FIGURES = cjson.decode(ARGV[3])
local ABOUT = cjson.decode(ARGV[4])
local USER = {taken = KEYS[1], line = KEYS[2], since = KEYS[3], held = KEYS[4], size = FIGURES.user, scope = 'user'}
local PROJECT = {taken = KEYS[5], line = KEYS[6], since = KEYS[7], held = KEYS[8], size = FIGURES.project, scope = 'project'}

local function own_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1e6
end

local NOW = tonumber(ARGV[2]) or own_time()

local function text(number) return string.format('%.17g', number) end
local function owner(ticket) return string.match(ticket, '^[^:]*:([^:]*)') end

local function leave_line(places, who)
  redis.call('ZREM', places.line, who)
  redis.call('HDEL', places.since, who)
end

local function forget(places)
  redis.call('ZREMRANGEBYSCORE', places.taken, '-inf', text(NOW))
  for _, who in ipairs(redis.call('ZRANGEBYSCORE', places.line, '-inf', text(NOW - FIGURES.lapse))) do
    leave_line(places, who)
  end
end

local function stand_in_line(places, who)
  redis.call('ZADD', places.line, text(NOW), who)
  redis.call('HSETNX', places.since, who, text(NOW))
end

local function held_for(places)
  return (tonumber(redis.call('GET', places.held) or nil) or 0) - NOW
end

-- How many places the others who wait may take before *who*: until they have as many; who came first, one more.
local function ahead_of(places, who, taken)
  local share = {}
  for i = 1, #taken, 2 do
    local run = owner(taken[i])
    share[run] = (share[run] or 0) + 1
  end
  local since = {}
  local all = redis.call('HGETALL', places.since)
  for i = 1, #all, 2 do since[all[i]] = tonumber(all[i + 1]) end
  local ahead = 0
  for run, began in pairs(since) do
    local fewer = (share[who] or 0) - (share[run] or 0)
    local is_first = began < since[who] or (began == since[who] and run < who)
    if fewer >= 0 then ahead = ahead + fewer + (is_first and 1 or 0) end
  end
  return ahead
end

local function wait(places, who)
  forget(places)
  stand_in_line(places, who)
  local held = held_for(places)
  if held > 0 then return held, 'told' end
  local taken = redis.call('ZRANGE', places.taken, 0, -1, 'WITHSCORES')
  local missing = ahead_of(places, who, taken) + 1 - (places.size - #taken / 2)
  if missing <= 0 then return 0, 'window' end
  local free_at = tonumber(taken[2 * missing]) or NOW + FIGURES.window
  return math.min(math.max(free_at - NOW, 0.05), FIGURES.window), 'window'
end

local function take(places, ticket)
  leave_line(places, owner(ticket))
  redis.call('ZADD', places.taken, text(NOW + FIGURES.given_up), ticket)
  for _, key in ipairs({places.taken, places.line, places.since}) do redis.call('EXPIRE', key, 900) end
end

local function ask()
  for _, ticket in ipairs(ABOUT.alone) do
    for _, places in ipairs({USER, PROJECT}) do
      redis.call('ZADD', places.taken, 'NX', text(NOW + FIGURES.window), ticket)
    end
  end
  local who = owner(ABOUT.ticket)
  local pause, why = wait(USER, who)
  if pause > 0 then
    leave_line(PROJECT, who)
  else
    pause, why = wait(PROJECT, who)
  end
  if pause > 0 then return {math.floor(pause * 1000) + 1, why} end
  take(USER, ABOUT.ticket)
  take(PROJECT, ABOUT.ticket)
  return {0, why}
end

local function give_back(places)
  local free_at = tonumber(redis.call('ZSCORE', places.taken, ABOUT.ticket) or nil)
  if free_at then
    redis.call('ZADD', places.taken, 'XX', text(math.min(free_at, NOW + FIGURES.window)), ABOUT.ticket)
  end
  if ABOUT.refused_by == places.scope then
    local until_then = math.max(NOW + ABOUT.pause, NOW + held_for(places))
    redis.call('SET', places.held, text(until_then), 'EX', 300)
  end
end

local function undo(places)
  redis.call('ZREM', places.taken, ABOUT.ticket)
  leave_line(places, owner(ABOUT.ticket))
end

if ARGV[1] == 'ask' then return ask() end
for _, places in ipairs({USER, PROJECT}) do
  if ARGV[1] == 'over' then give_back(places) else undo(places) end
end
return {0, 'window'}
