-- What book.py and arrivals.py do, in one step for all processes. Figures come from there.
--
-- KEYS  calls    sorted set: ticket -> when the call had its turn, for those that are on their way
--       line     sorted set: ticket -> place of those who wait
--       due      sorted set: ticket -> when they were told to come back
--       last     hash: run -> its last place
--       token    hash: limit, boundless, held_until, blocked_until, cautious_until, share, refused_at, called, called_at,
--                let_go, answered, sure, minute, heard, quickest, before, usual, paused_until
--       company  hash: left, left_until, spent_at, ask_again_at
--       told     text: what was last said about the token, for people to look at
--       budget   the same, about its company
--       arrived  sorted set: number of an arrival -> by when it had happened for certain
--       runs     sorted set: run -> when it last asked
-- ARGV  what to do, now ("" for this server's own time), seconds to the day's end, figures (JSON), and what it is about

local CALLS, LINE, DUE, LAST, TOKEN, COMPANY, TOLD, BUDGET, ARRIVED, RUNS = unpack(KEYS)
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
local fields = {
  'limit', 'boundless', 'held_until', 'blocked_until', 'cautious_until', 'share', 'refused_at', 'called', 'called_at',
  'let_go', 'answered', 'sure', 'minute', 'heard', 'quickest', 'before', 'usual',
  'paused_until',
}
for i, value in ipairs(redis.call('HMGET', TOKEN, unpack(fields))) do token[fields[i]] = tonumber(value or nil) end

local function learn(field, number)
  if token[field] == number then return end
  token[field] = number
  if number then put(TOKEN, field, number) else redis.call('HDEL', TOKEN, field) end
end

local function so_far(field) return token[field] or 0 end

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

-- how long it takes at least ---------------------------------------------------

local function learn_way(took)
  local minute = math.floor(NOW / FIGURES.minute)
  if minute ~= so_far('minute') then
    local is_next = minute == so_far('minute') + 1 and so_far('heard') >= FIGURES.settled
    learn('before', is_next and token.quickest or nil)
    learn('minute', minute)
    learn('heard', 0)
    learn('quickest', nil)
  end
  learn('heard', so_far('heard') + 1)
  learn('quickest', math.min(took, token.quickest or took))
  local usual = token.usual or took
  learn('usual', usual + (took - usual) * math.max(FIGURES.learning, token.before and 0 or 1 / token.heard))
end

local function least_way()
  if NOW < so_far('cautious_until') then return 0 end
  if not token.quickest or not token.usual then return 0 end
  if so_far('heard') < FIGURES.settled and not token.before then return 0 end
  local quickest = math.min(token.quickest, token.before or token.quickest)
  local least = math.min(quickest * FIGURES.prudence, 2 * quickest - token.usual, FIGURES.longest_way)
  return math.max(least, 0)
end

-- what is certain about arrivals --------------------------------------------------

local function name_of(nth) return string.format('%015d', nth) end

local function believe(count, moment)
  count = math.max(count, so_far('answered'))
  local batch = {}
  for nth = so_far('sure') + 1, count do
    batch[#batch + 1] = text(moment or NOW)
    batch[#batch + 1] = name_of(nth)
    if #batch >= 1000 or nth == count then
      redis.call('ZADD', ARRIVED, unpack(batch))
      batch = {}
    end
  end
  learn('sure', math.max(count, so_far('sure')))
end

local function end_call(ticket)
  local left_at = tonumber(redis.call('ZSCORE', CALLS, ticket) or nil)
  if left_at then
    redis.call('ZREM', CALLS, ticket)
    learn('answered', so_far('answered') + 1)
  end
  return left_at
end

local function arrived_by(moment)
  return so_far('sure') - redis.call('ZCOUNT', ARRIVED, '(' .. text(moment), '+inf')
end

local function arrival(nth)
  if nth <= so_far('sure') then return tonumber(redis.call('ZSCORE', ARRIVED, name_of(nth)) or nil) or -math.huge end
  local last = math.min(nth - so_far('sure'), redis.call('ZCARD', CALLS)) - 1
  if last < 0 then return NOW end
  return math.max(NOW, tonumber(redis.call('ZRANGE', CALLS, last, last, 'WITHSCORES')[2]) + so_far('usual'))
end

local function free_at(nth, limit)
  local least = least_way()
  local needed = so_far('let_go') + nth + 1 - limit
  local windows = math.max(math.ceil((needed - so_far('let_go')) / limit), 0)
  local later = windows * (WINDOW + math.max(so_far('usual') - least, 0))
  return arrival(needed - windows * limit) + WINDOW - least + later
end

-- the line ------------------------------------------------------------------------

local function leave(ticket)
  redis.call('ZREM', LINE, ticket)
  redis.call('ZREM', DUE, ticket)
  end_call(ticket)
  believe(0)
end

local function forget()
  local newest = tonumber(redis.call('ZSCORE', ARRIVED, name_of(so_far('sure'))) or nil) or -math.huge
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', CALLS, '-inf', text(NOW - FIGURES.given_up))) do
    newest = math.max(end_call(ticket) + FIGURES.given_up, newest)
    believe(0, newest)
  end
  redis.call('ZREMRANGEBYSCORE', ARRIVED, '-inf', text(NOW - WINDOW - FIGURES.remembered))
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', DUE, '-inf', text(NOW - FIGURES.missed))) do leave(ticket) end
  redis.call('ZREMRANGEBYSCORE', RUNS, '-inf', text(NOW - WINDOW))
  if redis.call('EXISTS', LINE) == 0 then redis.call('DEL', LAST) end
end

local function new_place(who)
  local place = math.max(token.called or 0, get(LAST, who) or 0) + 1
  put(LAST, who, place)
  return place
end

local function share()
  if not token.refused_at then return 1 end
  return math.min((token.share or 1) + (NOW - token.refused_at) / FIGURES.recovery, 1)
end

local function limit_now(asked)
  local limit = token.limit or asked.assumed or FIGURES.assumed
  return math.max(math.floor(limit * share()), 1)
end

local function window_wait(asked, ahead)
  if token.boundless == 1 then return 0 end
  local limit = limit_now(asked)
  local paced_at = NOW
  if (asked.place > 0 or ahead > 0) and redis.call('ZCARD', RUNS) > 1 then
    paced_at = so_far('called_at') + (ahead + 1) * FIGURES.pace * WINDOW / limit
  end
  local wait = math.max(free_at(ahead, limit), paced_at) - NOW
  return token.limit and wait or math.min(wait, FIGURES.soon)
end

local function let_go(ticket, place, cost)
  leave(ticket)
  redis.call('ZADD', CALLS, text(NOW), ticket)
  learn('let_go', so_far('let_go') + 1)
  learn('called', math.max(so_far('called'), place))
  learn('called_at', NOW)
  take(cost)
  for _, key in ipairs({ LINE, DUE, LAST, ARRIVED, RUNS }) do redis.call('EXPIRE', key, FIGURES.idle) end
  for _, key in ipairs({ CALLS, TOKEN }) do redis.call('EXPIRE', key, FIGURES.kept) end
end

local function ask(asked)
  forget()
  local spent, blocked = allowance_wait(asked.cost), so_far('blocked_until') - NOW
  if spent > 0 or (token.blocked_until and blocked > 0) then
    leave(asked.ticket)
    return { in_ms(math.max(spent, token.blocked_until and blocked or 0)), blocked > 0 and 'blocked' or 'budget', 0, so_far('let_go') }
  end
  redis.call('ZADD', RUNS, text(NOW), asked.who)
  local place = asked.place > 0 and asked.place or new_place(asked.who)
  -- In line before it is known whether to wait: the rank then counts ties as the set does.
  redis.call('ZADD', LINE, text(place), asked.ticket)
  local held = token.held_until and token.held_until - NOW or 0
  local wait = math.max(window_wait(asked, redis.call('ZRANK', LINE, asked.ticket)), held)
  if wait > 0 then
    redis.call('ZADD', DUE, text(NOW + wait), asked.ticket)
    redis.call('EXPIRE', RUNS, FIGURES.idle)
    for _, key in ipairs({ LINE, DUE, LAST, TOKEN }) do redis.call('EXPIRE', key, FIGURES.kept) end
    return { in_ms(wait), held > 0 and 'told' or 'window', place, so_far('let_go') }
  end
  let_go(asked.ticket, place, asked.cost)
  return { 0, 'window', place, so_far('let_go') }
end

-- what answers teach --------------------------------------------------------------

local function heed(left_at)
  learn('cautious_until', NOW + FIGURES.cautious)
  if not token.refused_at or left_at > token.refused_at then
    learn('share', math.max(share() * FIGURES.less, FIGURES.least))
    learn('refused_at', NOW)
  end
end

local function counted(used, left_at)
  local at = left_at or NOW
  if not used or at < NOW - FIGURES.remembered then return 0 end
  local count = arrived_by(at + least_way() - WINDOW) + used
  local strangers = count - so_far('let_go')
  if strangers > 0 then
    learn('let_go', so_far('let_go') + strangers)
    learn('answered', so_far('answered') + strangers)
    learn('cautious_until', math.max(so_far('cautious_until'), NOW + FIGURES.cautious))
  end
  return (not left_at or NOW < so_far('cautious_until')) and 0 or count
end

local function keep_told(key, told)
  if told and told ~= '' then redis.call('SET', key, told, 'EX', FIGURES.told) end
end

local function hear(about)
  local said = about.said
  local left_at = end_call(about.ticket)
  if left_at and not said.is_lost then learn_way(NOW - left_at) end
  if said.is_refused then heed(left_at or NOW) end
  if said.limit then learn('limit', said.limit) end
  if token.limit then
    learn('boundless', 0)
  elseif said.is_good then
    learn('boundless', 1)
  end
  believe(counted(said.used, left_at))
  redis.call('EXPIRE', ARRIVED, FIGURES.idle)
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

-- After Redis was away, calls were made that are not counted here; and it may have lost what it knew.
local function pause_after_trouble()
  local lost = ABOUT.known - so_far('let_go')
  if lost > 0 then
    learn('let_go', ABOUT.known)
    learn('answered', ABOUT.known - redis.call('ZCARD', CALLS))
    learn('sure', token.answered)
    redis.call('DEL', ARRIVED)
  end
  if (lost > 0 or ABOUT.called_alone) and NOW >= so_far('paused_until') then
    learn('paused_until', NOW + FIGURES.pause)
    learn('held_until', math.max(so_far('held_until'), token.paused_until))
    redis.call('EXPIRE', TOKEN, FIGURES.kept)
  end
end

pause_after_trouble()

local actions = {
  ask = ask, hear = hear, block = block, standing = standing,
  leave = function(about) leave(about.ticket) end,
}
return actions[ARGV[1]](ABOUT)
