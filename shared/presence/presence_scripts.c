/* The Lua scripts of presence. Each changes a source and the status that others see in
 * one step, so that no worker writes an older status over a newer one. */
#include "presence/presence_keys.h"

#include "core/banned.h"

// clang-format off
/* Computes the status that others see of a user, and publishes it on the tenant's topic
 * when it has changed. */
#define MERGE                                                                             \
	"local function merge(t, u) "                                                     \
	"local uk, tk = 'es:p:u:'..t..':'..u, 'es:p:t:'..t "                              \
	"local best, choice, sources = 'offline', false, 0 "                              \
	"local all = redis.call('HGETALL', uk) "                                          \
	"for i = 1, #all, 2 do "                                                          \
	"if all[i] == 'choice' then choice = all[i + 1] else "                            \
	"sources = sources + 1 "                                                          \
	"if all[i + 1] == 'online' then best = 'online' "                                 \
	"elseif all[i + 1] == 'idle' and best == 'offline' then best = 'idle' end "       \
	"end end "                                                                        \
	"if sources == 0 then redis.call('DEL', uk) end "                                 \
	"if choice == 'offline' then best = 'offline' "                                   \
	"elseif choice == 'idle' and best == 'online' then best = 'idle' end "            \
	"local old = redis.call('HGET', tk, u) or 'offline' "                             \
	"if best == old then return best end "                                            \
	"if best == 'offline' then redis.call('HDEL', tk, u) "                            \
	"else redis.call('HSET', tk, u, best) end "                                       \
	"redis.call('PUBLISH', 'es:t:'..t..':p', "                                        \
	"'{\"userId\":\"'..u..'\",\"status\":\"'..best..'\"}') "                          \
	"return best end "

#define NOW                                                                               \
	"local time = redis.call('TIME') "                                                \
	"local now = time[1] * 1000 + math.floor(time[2] / 1000) "

/* ARGV: tenant, user, worker, status, "1" to forget the choice. The status "offline"
 * deletes the source. */
struct redis_script presence_set_script = {
    .text = MERGE
	"local t, u, w, s = ARGV[1], ARGV[2], ARGV[3], ARGV[4] "
	"local uk, wk = 'es:p:u:'..t..':'..u, 'es:p:w:'..w "
	"if s == 'offline' then redis.call('HDEL', uk, w) "
	"redis.call('SREM', wk, t..':'..u) "
	"else redis.call('HSET', uk, w, s) redis.call('SADD', wk, t..':'..u) end "
	"if ARGV[5] == '1' then redis.call('HDEL', uk, 'choice') end "
	"return merge(t, u)"};

/* ARGV: tenant, user, status, lease in ms. */
struct redis_script presence_rest_script = {
    .text = MERGE NOW
	"local t, u, s = ARGV[1], ARGV[2], ARGV[3] "
	"local uk, lease = 'es:p:u:'..t..':'..u, 'r:'..t..':'..u "
	"if s == 'offline' then "
	"redis.call('HDEL', uk, 'rest') redis.call('ZREM', 'es:p:leases', lease) "
	"else redis.call('HSET', uk, 'rest', s) "
	"redis.call('ZADD', 'es:p:leases', now + ARGV[4], lease) end "
	"if s == 'online' then redis.call('HDEL', uk, 'choice') "
	"else redis.call('HSET', uk, 'choice', s) end "
	"return merge(t, u)"};

/* ARGV: worker, lease in ms. A lease that has expired counts as none: a sweep may have
 * removed some of the worker's users already. */
struct redis_script presence_lease_script = {
    .text = NOW
	"local known = redis.call('ZSCORE', 'es:p:leases', 'w:'..ARGV[1]) "
	"redis.call('ZADD', 'es:p:leases', now + ARGV[2], 'w:'..ARGV[1]) "
	"return known and tonumber(known) > now and 1 or 0"};

/* ARGV: max users. Removes at most max users of dead workers in one call, and a worker's
 * lease together with the last of its users. */
struct redis_script presence_sweep_script = {
    .text = MERGE NOW
	"local left, seen = tonumber(ARGV[1]), 0 "
	"local due = redis.call('ZRANGEBYSCORE', 'es:p:leases', '-inf', now, "
	"'LIMIT', 0, left) "
	"local function drop(m, source) "
	"local t, u = string.sub(m, 1, 36), string.sub(m, 38) "
	"redis.call('HDEL', 'es:p:u:'..t..':'..u, source) merge(t, u) "
	"left = left - 1 seen = seen + 1 end "
	"for _, lease in ipairs(due) do "
	"if left <= 0 then break end "
	"local id = string.sub(lease, 3) "
	"if string.sub(lease, 1, 1) == 'r' then "
	"drop(id, 'rest') redis.call('ZREM', 'es:p:leases', lease) "
	"else "
	"for _, m in ipairs(redis.call('SPOP', 'es:p:w:'..id, left)) do drop(m, id) end "
	"if redis.call('EXISTS', 'es:p:w:'..id) == 0 then "
	"redis.call('ZREM', 'es:p:leases', lease) end "
	"end end "
	"return seen"};

#define GONE                                                                              \
	"local function gone(t, u) "                                                      \
	"redis.call('DEL', 'es:p:u:'..t..':'..u) "                                        \
	"redis.call('ZREM', 'es:p:leases', 'r:'..t..':'..u) "                             \
	"merge(t, u) end "

/* ARGV: tenant, user. */
struct redis_script presence_user_gone_script = {
    .text = MERGE GONE "gone(ARGV[1], ARGV[2]) return 1"};

/* ARGV: tenant, max users. */
struct redis_script presence_tenant_gone_script = {
    .text = MERGE GONE
	"local t, max, seen = ARGV[1], tonumber(ARGV[2]), 0 "
	"for _, u in ipairs(redis.call('HKEYS', 'es:p:t:'..t)) do "
	"if seen == max then break end "
	"gone(t, u) seen = seen + 1 end "
	"return seen"};

/* ARGV: tenant, max users. */
struct redis_script presence_list_script = {
    .text = "local tk = 'es:p:t:'..ARGV[1] "
	    "local n = redis.call('HLEN', tk) "
	    "if n > tonumber(ARGV[2]) then return n end "
	    "return redis.call('HGETALL', tk)"};
// clang-format on
