#include "limits/limits_local.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "limits/limits_redis.h"

#include "core/banned.h"

#define WAYS 8 /* slots of a set; a key may be in any slot of its set */

struct slot {
	uint64_t key; /* keyed hash; 0: unused slot */
	int64_t tat_us;
};

struct limits_local {
	size_t n_sets;
	struct slot *slots; /* n_sets * WAYS */
};

/* The state of one counter during a check. */
struct counter {
	struct slot *slot; /* NULL: no limit */
	int64_t step_us, room_us, tat_us, wait_us;
};

struct limits_local *
limits_local_new(size_t max_keys)
{
	struct limits_local *l = mem_new(1, sizeof(*l));

	l->n_sets = max_keys > WAYS ? max_keys / WAYS : 1;
	l->slots = mem_new(l->n_sets * WAYS, sizeof(*l->slots));
	return l;
}

void
limits_local_free(struct limits_local **l)
{
	if (*l == NULL)
		return;
	free((*l)->slots);
	free(*l);
	*l = NULL;
}

/* Finds the key's slot. A new key evicts the counter of its set that will be empty first:
 * a flood of new keys evicts old counters, but does not make the table grow. Never evicts
 * `other`, which the same check uses. */
static struct slot *
limits_local_find_slot(struct limits_local *l, const char *name, const struct slot *other)
{
	const uint64_t key = keyed_hash(name, strlen(name)) | 1;
	struct slot *set = &l->slots[key / 2 % l->n_sets * WAYS];
	struct slot *best = other != NULL && set == other ? set + 1 : set;

	for (struct slot *s = set; s < set + WAYS; s++) {
		if (s->key == key)
			return s;
		if (s != other && s->tat_us < best->tat_us)
			best = s;
	}
	*best = (struct slot){.key = key};
	return best;
}

static struct counter
limits_local_read_counter(struct limits_local *l, const char *name,
    const struct limit *limit, const struct counter *other, int64_t cost, int64_t now_us)
{
	struct counter c = {.slot = NULL};

	if (limit->quota == 0)
		return c;
	c.slot = limits_local_find_slot(l, name, other != NULL ? other->slot : NULL);
	c.step_us = limit->window_ms * 1000 / limit->quota;
	if (c.step_us < 1)
		c.step_us = 1;
	c.room_us = limit->burst * c.step_us;
	c.tat_us = c.slot->tat_us;
	if (c.tat_us < now_us)
		c.tat_us = now_us;
	if (c.tat_us > now_us + c.room_us)
		c.tat_us = now_us + c.room_us;
	c.wait_us = c.tat_us + cost * c.step_us - now_us - c.room_us;
	if (c.wait_us < 0)
		c.wait_us = 0;
	return c;
}

static int64_t
limits_local_ceil_ms(int64_t us)
{
	return (us + 999) / 1000;
}

static struct limit_state
limits_local_charge(struct counter *c, const struct limit *limit, bool allowed,
    int64_t cost, int64_t now_us)
{
	struct limit_state s = {.policy = limit->policy,
	    .quota = limit->quota,
	    .window_ms = limit->window_ms,
	    .remaining = -1};

	if (c->slot == NULL)
		return s;
	if (allowed)
		c->tat_us += cost * c->step_us;
	if (c->tat_us < now_us) /* a negative cost gives events back */
		c->tat_us = now_us;
	c->slot->tat_us = c->tat_us;
	s.remaining = (c->room_us - c->tat_us + now_us) / c->step_us;
	s.reset_ms = limits_local_ceil_ms(c->tat_us - now_us);
	s.retry_after_ms = limits_local_ceil_ms(c->wait_us);
	return s;
}

void
limits_local_check(struct limits_local *l, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost, int64_t now_ms,
    struct limit_result *out)
{
	const int64_t now_us = now_ms * 1000;
	struct limits_request names;
	struct counter of_user, of_tenant;
	bool allowed;

	limits_request_init(&names, tenant, user, user_limit, tenant_limit, cost);
	of_user =
	    limits_local_read_counter(l, names.user_key, user_limit, NULL, cost, now_us);
	of_tenant = limits_local_read_counter(
	    l, names.tenant_key, tenant_limit, &of_user, cost, now_us);
	allowed = of_user.wait_us == 0 && of_tenant.wait_us == 0;
	*out = (struct limit_result){.allowed = allowed,
	    .local = true,
	    .user = limits_local_charge(&of_user, user_limit, allowed, cost, now_us),
	    .tenant =
		limits_local_charge(&of_tenant, tenant_limit, allowed, cost, now_us)};
}
