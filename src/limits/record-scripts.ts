/** The scripts that keep records in Redis: each looks and acts in one go, so that of many gateways one gets the key. */
import type { Script } from '#redis/redis.ts'

/**
 * A record is a hash: `f` fingerprint, `t` token of whoever claimed it, `s` and `u` when that was and until when it may
 * run (ms of Redis's clock), `a` the answer. Beside it, for each scope, an index of records by age and a text that is
 * there as long as the content is.
 *
 * KEYS record, index, mark. ARGV 1 fingerprint, 2 token, 3 lease (ms), 4 keep (ms), 5 latest time of this claim, 6 most
 * records, 7 mark to leave where there is none, 8 name of the record in the index, 9 what keys of records begin with.
 * Gives a word, the mark, and what goes with the word. Of the eight oldest records those that do not run make room. The first thing it
 * writes needs memory: where there is none Redis refuses it, which it does no more after anything was written.
 */
export const claimScript: Script = {
  name: 'claim',
  text: `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if now > tonumber(ARGV[5]) then return {'late', ''} end
local mark = redis.call('GET', KEYS[3])
if not mark then
  mark = ARGV[7]
  redis.call('SET', KEYS[3], mark)
end
local r = redis.call('HMGET', KEYS[1], 'f', 't', 's', 'u', 'a')
if r[2] then
  if r[1] ~= ARGV[1] then return {'reused', mark} end
  if r[5] then return {'repeated', mark, r[5]} end
  if now <= tonumber(r[4]) then return {'running', mark, now - r[3]} end
  return {'unknown', mark, now - r[3]}
end
local keep = tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'f', ARGV[1], 't', ARGV[2], 's', now, 'u', now + tonumber(ARGV[3]))
redis.call('PEXPIRE', KEYS[1], keep)
redis.call('ZADD', KEYS[2], now, ARGV[8])
redis.call('PEXPIRE', KEYS[2], keep)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - keep)
local removed = 0
for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, 8)) do
  if redis.call('ZCARD', KEYS[2]) <= tonumber(ARGV[6]) then break end
  if name ~= ARGV[8] then
    local o = redis.call('HMGET', ARGV[9] .. name, 'u', 'a')
    if not o[1] or o[2] or now > tonumber(o[1]) then
      redis.call('DEL', ARGV[9] .. name)
      redis.call('ZREM', KEYS[2], name)
      removed = removed + 1
    end
  end
end
if removed == 0 and redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[6]) then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[8])
  return {'full', mark}
end
return {'first', mark}`,
}

/**
 * KEYS record, index. ARGV 1 fingerprint, 2 token, 3 answer, 4 keep (ms), 5 name of the record in the index.
 * Gives `kept`; `overtaken` when the record is another's, which then stays.
 */
export const keepScript: Script = {
  name: 'keep',
  text: `
local r = redis.call('HMGET', KEYS[1], 't')
if r[1] and r[1] ~= ARGV[2] then return {'overtaken'} end
local t = redis.call('TIME')
local keep = tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'f', ARGV[1], 't', ARGV[2], 'a', ARGV[3])
redis.call('PEXPIRE', KEYS[1], keep)
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000), ARGV[5])
redis.call('PEXPIRE', KEYS[2], keep)
return {'kept'}`,
}

/** KEYS record, index. ARGV 1 token, 2 name of the record in the index. Removes a record without an answer, if it is ours. */
export const releaseScript: Script = {
  name: 'release',
  text: `
local r = redis.call('HMGET', KEYS[1], 't', 'a')
if r[1] == ARGV[1] and not r[2] then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[2])
end
return {'released'}`,
}
