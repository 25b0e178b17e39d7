-- What book.py does, in one step for all processes. Figures come from there.
--
-- KEYS  calls    sorted set: ticket -> when the call left
--       line     sorted set: ticket -> place of those who wait
--       due      sorted set: ticket -> when they were told to come back
--       last     hash: run -> its last place
--       token    hash: limit, boundless, held_until, blocked_until, quickest, usual_delay, caution, heard, called, strangers
--       company  hash: left, left_until, spent_at, ask_again_at
--       told     text: what was last said about the token, for people to look at
--       budget   the same, about its company
-- ARGV  what to do, now ("" for this server's own time), seconds to the day's end, figures (JSON), and what it is about

local CALLS, LINE, DUE, LAST, TOKEN, COMPANY, TOLD, BUDGET = unpack(KEYS)
local FIGURES = cjson.decode(ARGV[4])
local WINDOW = FIGURES.window
local TO_RESET = tonumber(ARGV[3])
local ABOUT = cjson.decode(ARGV[5])

local function own_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1e6
end

local NOW = tonumber(ARGV[2]) or own_time()

local function text(number) return string.format('%.17g', number) end
local function get(key, field) return tonumber(redis.call('HGET', key, field) or nil) end
local function put(key, field, number) redis.call('HSET', key, field, text(number)) end
local function in_ms(seconds) return seconds > 0 and math.floor(seconds * 1000) + 1 or 0 end

local token = {}
local fields = { 'limit', 'boundless', 'held_until', 'blocked_until', 'quickest', 'usual_delay', 'caution', 'heard', 'called', 'strangers' }
for i, value in ipairs(redis.call('HMGET', TOKEN, unpack(fields))) do token[fields[i]] = tonumber(value or nil) end

local function learn(field, number)
  if token[field] ~= number then
    token[field] = number
    put(TOKEN, field, number)
  end
end

-- today's allowance ---------------------------------------------------------

local function until_reset(spent_at)
  local is_yesterdays = spent_at < NOW + TO_RESET - FIGURES.day
  return is_yesterdays and math.min(FIGURES.believed, TO_RESET) or TO_RESET
end

local function allowance_wait(cost)
  local spent_at = get(COMPANY, 'spent_at')
  if spent_at and NOW < get(COMPANY, 'ask_again_at') then return until_reset(spent_at) end
  local left = get(COMPANY, 'left')
  if left and NOW < get(COMPANY, 'left_until') and left < cost then return TO_RESET end
  return 0
end

local function take(cost)
  local left = get(COMPANY, 'left')
  if left and cost > 0 then put(COMPANY, 'left', math.max(left - cost, 0)) end
  if get(COMPANY, 'spent_at') then put(COMPANY, 'ask_again_at', NOW + FIGURES.probe) end
end

local function hear_allowance(said)
  local spent_at = get(COMPANY, 'spent_at')
  if said.is_spent then
    spent_at = spent_at or NOW
    redis.call('HDEL', COMPANY, 'left')
    put(COMPANY, 'spent_at', spent_at)
    put(COMPANY, 'ask_again_at', NOW + math.min(FIGURES.believed, TO_RESET))
    redis.call('EXPIRE', COMPANY, FIGURES.kept)
    return until_reset(spent_at)
  end
  if said.left and (not spent_at or (said.left > 0 and NOW >= get(COMPANY, 'ask_again_at') - FIGURES.probe)) then
    put(COMPANY, 'left', said.left)
    put(COMPANY, 'left_until', NOW + math.min(FIGURES.believed, TO_RESET))
    redis.call('HDEL', COMPANY, 'spent_at')
    redis.call('EXPIRE', COMPANY, FIGURES.kept)
  end
  return 0
end

-- the line ------------------------------------------------------------------

local function leave(ticket)
  redis.call('ZREM', LINE, ticket)
  redis.call('ZREM', DUE, ticket)
end

local function forget()
  redis.call('ZREMRANGEBYSCORE', CALLS, '-inf', text(NOW - WINDOW - FIGURES.remembered))
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', DUE, '-inf', text(NOW - FIGURES.missed))) do leave(ticket) end
  if redis.call('EXISTS', LINE) == 0 then redis.call('DEL', LAST) end
end

local function new_place(who)
  local place = math.max(token.called or 0, get(LAST, who) or 0) + 1
  put(LAST, who, place)
  return place
end

local function window_wait(ahead)
  if token.boundless == 1 then return 0 end
  local limit = token.limit or ABOUT.assumed or FIGURES.assumed
  local nth = ahead % limit
  local recent = math.min(redis.call('ZCOUNT', CALLS, '(' .. text(NOW - WINDOW), '+inf'), limit)
  local taken = nth - (limit - recent)
  local wait = math.floor(ahead / limit) * WINDOW
  if taken < 0 then return wait end
  local from_newest = recent - 1 - taken
  return wait + (tonumber(redis.call('ZREVRANGE', CALLS, from_newest, from_newest, 'WITHSCORES')[2]) + WINDOW - NOW)
end

local function let_go(ticket, place, cost)
  leave(ticket)
  redis.call('ZADD', CALLS, text(NOW), ticket)
  learn('called', math.max(token.called or 0, place))
  take(cost)
  for _, key in ipairs({ CALLS, LINE, DUE, LAST }) do redis.call('EXPIRE', key, FIGURES.idle) end
  redis.call('EXPIRE', TOKEN, FIGURES.kept)
end

local function ask(asked)
  forget()
  local spent, blocked = allowance_wait(asked.cost), (token.blocked_until or 0) - NOW
  if spent > 0 or (token.blocked_until and blocked > 0) then
    leave(asked.ticket)
    return { in_ms(math.max(spent, token.blocked_until and blocked or 0)), blocked > 0 and 'blocked' or 'budget', 0 }
  end
  local place = asked.place > 0 and asked.place or new_place(asked.who)
  -- In line before it is known whether to wait: the rank then counts ties as the set does.
  redis.call('ZADD', LINE, text(place), asked.ticket)
  local held = token.held_until and token.held_until - NOW or 0
  local wait = math.max(window_wait(redis.call('ZRANK', LINE, asked.ticket)), held)
  if wait > 0 then
    redis.call('ZADD', DUE, text(NOW + wait), asked.ticket)
    for _, key in ipairs({ LINE, DUE, LAST }) do redis.call('EXPIRE', key, FIGURES.kept) end
    return { in_ms(wait), held > 0 and 'told' or 'window', place }
  end
  let_go(asked.ticket, place, asked.cost)
  return { 0, 'window', place }
end

-- what answers teach --------------------------------------------------------

local function settle(ticket)
  local left_at = tonumber(redis.call('ZSCORE', CALLS, ticket) or nil)
  if not left_at then return NOW end
  local took = NOW - left_at
  local quickest = math.min(took, token.quickest or 0)
  local delay = took - quickest
  local usual = token.usual_delay or 0
  learn('heard', (token.heard or 0) + 1)
  learn('quickest', quickest + delay * math.max(1 / (token.heard + FIGURES.settling), FIGURES.forgetting))
  learn('usual_delay', usual + (delay - usual) * FIGURES.learning)
  local charged = delay * math.max(token.caution or 1, FIGURES.margin / math.max(token.usual_delay, FIGURES.margin))
  redis.call('ZADD', CALLS, text(left_at + charged), ticket)
  return left_at
end

local function add_strangers(used, left_at)
  local known = redis.call('ZCOUNT', CALLS, '(' .. text(left_at - WINDOW), text(NOW))
  for _ = known + 1, used do
    learn('strangers', (token.strangers or 0) + 1)
    redis.call('ZADD', CALLS, text(NOW), 'stranger:' .. token.strangers)
  end
  if used > known then redis.call('EXPIRE', CALLS, FIGURES.idle) end
end

local function keep_told(key, told)
  if told and told ~= '' then redis.call('SET', key, told, 'EX', FIGURES.told) end
end

local function hear(about)
  local said = about.said
  local left_at = settle(about.ticket)
  learn('caution', said.is_refused and 1 or (token.caution or 1) * (1 - FIGURES.relaxing))
  if said.limit then learn('limit', said.limit) end
  if token.limit then
    learn('boundless', 0)
  elseif said.is_good then
    learn('boundless', 1)
  end
  if said.used then add_strangers(said.used, left_at) end
  if said.hold > 0 then learn('held_until', math.max(token.held_until or 0, NOW + said.hold)) end
  redis.call('EXPIRE', TOKEN, FIGURES.kept)
  keep_told(TOLD, about.told.burst)
  keep_told(BUDGET, about.told.budget)
  return in_ms(math.max(hear_allowance(said), said.hold))
end

local function block(about)
  learn('blocked_until', math.max(token.blocked_until or 0, NOW + about.span))
  redis.call('EXPIRE', TOKEN, FIGURES.kept)
end

local function standing()
  local blocked, spent = in_ms((token.blocked_until or 0) - NOW), in_ms(allowance_wait(0))
  return { redis.call('GET', TOLD), redis.call('GET', BUDGET), blocked, spent }
end

local actions = {
  ask = ask, hear = hear, block = block, standing = standing,
  leave = function(about) leave(about.ticket) end,
}
return actions[ARGV[1]](ABOUT)
