"""
Manners towards other people's servers.

session         one place where calls leave the machine: timeouts, rerouting, no detours
retry           which answers deserve another try, and when
governor        staying under a vendor's limit instead of running into it
redis_governor  the same for all processes together, in Redis (governor.lua)
quota           limits by the minute, of a project and of each of its users
redis_quota     the same for all processes together, in Redis (quota.lua)
away            doing without Redis for a while
book            the arithmetic of both: who may call when
arrivals        what is certain of the calls at the vendor's
said            what an answer says about limits
reported        the same, kept for people to look at
memo            what is worth knowing for a while, and harmless to forget
waiting         sleeping so that a cancelled run wakes up at once
ahead           fetching one page while the last one is being worked on
redact          addresses without their secrets, for messages
"""
