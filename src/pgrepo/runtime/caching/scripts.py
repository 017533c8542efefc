"""The lease protocol as Redis runs it: each step is a script, and so nothing comes between.

A slot is a hash: `a:<way>` holds an answer, `l:<way>` a lease and when it ends, in ms.
"""

LOOK_UP = """
local answer = redis.call('HGET', KEYS[1], 'a:' .. ARGV[1])
if answer then return {answer, false} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HGET', KEYS[1], 'l:' .. ARGV[1])
if held and tonumber(string.match(held, '^%d+')) > now then return {false, false} end
local is_new = redis.call('EXISTS', KEYS[1]) == 0
local lease = string.format('%d', now + ARGV[3]) .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], 'l:' .. ARGV[1], lease)
if is_new then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {false, lease}
"""
"""KEYS: the slot. ARGV: the way, the slot's time and the lease's in ms, a random token."""

HAND_IN = """
if redis.call('HGET', KEYS[1], 'l:' .. ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'a:' .. ARGV[1], ARGV[3])
redis.call('HDEL', KEYS[1], 'l:' .. ARGV[1])
return 1
"""
"""KEYS: the slot. ARGV: the way, the lease, the answer.

In this order: a hash without fields is no more, and its time is forgotten with it.
"""
