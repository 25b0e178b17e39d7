-- Asks for a name, and keeps the place in line of who does not get it.
-- KEYS: the lock; who came when; up to when their places are kept; for which locks this one is in line
-- ARGV: token, who, milliseconds the lock lasts, milliseconds the place is kept
-- Answers nothing once it is theirs; else since how many milliseconds they are in line, and the holder's token.
local lock, since, kept, places = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, who, expiry, keep = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', kept, '-inf', now)) do
    redis.call('ZREM', since, gone)
    redis.call('ZREM', kept, gone)
end

redis.call('ZADD', since, 'NX', now, who)
local first = redis.call('ZRANGE', since, 0, 0)[1]
local holder = redis.call('GET', lock)

if not holder and first == who then
    redis.call('SET', lock, token, 'PX', expiry)
    redis.call('ZREM', since, who)
    redis.call('ZREM', kept, who)
    redis.call('SREM', places, lock)
    return {}
end

redis.call('ZADD', kept, now + keep, who)
redis.call('SADD', places, lock)
for _, key in ipairs({since, kept, places}) do
    redis.call('PEXPIRE', key, math.max(keep, redis.call('PTTL', key)))
end
return {now - redis.call('ZSCORE', since, who), holder or nil}
