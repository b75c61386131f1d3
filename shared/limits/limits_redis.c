#include "limits/limits_redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

/* Times are whole microseconds, which Lua's doubles hold exactly. The script writes them
 * with %.0f, because Lua's own conversion keeps only 14 digits. An event takes `step`
 * microseconds. A counter stores the time at which it will be empty ("tat", theoretical
 * arrival time), at most `room` microseconds ahead.
 *
 * redis.set_repl() keeps the counters out of the append-only file and of the replicas.
 * Otherwise each check, even for a read, would wait for the fsync of the file when the
 * queue is on the same Redis; a counter is worth less than the time of one fsync. A key
 * expires KEEP_MS after its counter is empty. Redis logs each expiry, so the key of a
 * busy caller must not expire between two requests. */
#define KEEP_MS "60000"
struct redis_script limits_redis_script = {
    .text =
	"redis.set_repl(redis.REPL_NONE)\n"
	"local t = redis.call('TIME')\n"
	"local now, cost = t[1] * 1000000 + t[2], tonumber(ARGV[1])\n"
	"local function read(key, quota, window, burst)\n"
	"  if quota == 0 then return {wait = 0} end\n"
	"  local step = math.max(1, math.floor(window * 1000 / quota))\n"
	"  local room = burst * step\n"
	"  local tat = math.max(tonumber(redis.call('GET', key)) or 0, now)\n"
	"  tat = math.min(tat, now + room)\n"
	"  return {key = key, step = step, room = room, tat = tat,\n"
	"    wait = math.max(0, tat + cost * step - now - room)}\n"
	"end\n"
	"local user = read(KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]), "
	"tonumber(ARGV[4]))\n"
	"local tenant = read(KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6]), "
	"tonumber(ARGV[7]))\n"
	"local allowed = user.wait == 0 and tenant.wait == 0\n"
	"local out = {allowed and 1 or 0}\n"
	"for _, l in ipairs({user, tenant}) do\n"
	"  if l.key and allowed and cost ~= 0 then\n"
	"    l.tat = math.max(now, l.tat + cost * l.step)\n"
	"    redis.call('SET', l.key, string.format('%.0f', l.tat),\n"
	"      'PX', string.format('%.0f', math.ceil((l.tat - now) / 1000) + " KEEP_MS
	"))\n"
	"  end\n"
	"  out[#out + 1] = l.key and math.floor((l.room - l.tat + now) / l.step) or -1\n"
	"  out[#out + 1] = l.key and math.ceil((l.tat - now) / 1000) or 0\n"
	"  out[#out + 1] = math.ceil(l.wait / 1000)\n"
	"end\n"
	"return out\n"};

static struct redis_arg
limits_redis_arg(const char *s)
{
	return (struct redis_arg){s, strlen(s)};
}

void
limits_request_init(struct limits_request *req, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost)
{
	const int64_t numbers[] = {cost, user_limit->quota, user_limit->window_ms,
	    user_limit->burst, tenant_limit->quota, tenant_limit->window_ms,
	    tenant_limit->burst};

	_Static_assert(ES_COUNT(numbers) == ES_COUNT(req->numbers),
	    "the script takes as many numbers");
	CHECK(strlen(user_limit->policy) <= LIMIT_POLICY_MAX);
	CHECK(strlen(tenant_limit->policy) <= LIMIT_POLICY_MAX);
	(void)snprintf(req->user_key, sizeof(req->user_key), "es:l:{%s}:u:%s:%s",
	    tenant->text, user->text, user_limit->policy);
	(void)snprintf(req->tenant_key, sizeof(req->tenant_key), "es:l:{%s}:t:%s",
	    tenant->text, tenant_limit->policy);
	req->argc = 0;
	req->argv[req->argc++] = limits_redis_arg(req->user_key);
	req->argv[req->argc++] = limits_redis_arg(req->tenant_key);
	for (size_t i = 0; i < ES_COUNT(numbers); i++) {
		(void)snprintf(
		    req->numbers[i], sizeof(req->numbers[i]), "%" PRId64, numbers[i]);
		req->argv[req->argc++] = limits_redis_arg(req->numbers[i]);
	}
}

static struct limit_state
limits_redis_state(const struct redis_value v[3], const struct limit *limit)
{
	return (struct limit_state){.policy = limit->policy,
	    .quota = limit->quota,
	    .window_ms = limit->window_ms,
	    .remaining = v[0].num,
	    .reset_ms = v[1].num,
	    .retry_after_ms = v[2].num};
}

enum es_code
limits_redis_decode(const struct redis_value *v, const struct limit *user_limit,
    const struct limit *tenant_limit, struct limit_result *out, struct es_err *err)
{
	bool good = v->kind == REDIS_ARRAY && v->n == 7;

	for (size_t i = 0; good && i < v->n; i++)
		good = v->items[i].kind == REDIS_INT;
	if (!good)
		return es_fail(err, ES_INTERNAL,
		    "Redis: the reply to the limit script is not 7 integers");
	*out = (struct limit_result){.allowed = v->items[0].num == 1,
	    .user = limits_redis_state(&v->items[1], user_limit),
	    .tenant = limits_redis_state(&v->items[4], tenant_limit)};
	return ES_OK;
}
