/* Presence in Redis: the one place that knows its keys and scripts; and the two calls
 * that REST needs. A user is online, idle or offline as the best of its devices says,
 * unless it has chosen to be seen as less.
 *
 *   es:p:t:<tenant>          hash user -> "online" | "idle": what is seen. Not in it:
 * offline es:p:u:<tenant>:<user>   hash device -> status; a device is a worker's id or
 * "rest". Field "choice": "idle" | "offline", what REST asked for; it goes with the last
 * device es:p:w:<worker>          set of "<tenant>:<user>": who has a device at this
 * worker es:p:leases              sorted set by end, ms of Redis's clock: "w:<worker>"
 * and "r:<tenant>:<user>". What has run out is swept by any worker
 *
 * A change of what is seen is published on es:t:<tenant>:p as
 * {"userId":...,"status":...}. */
#ifndef PRESENCE_PRESENCE_KEYS_H
#define PRESENCE_PRESENCE_KEYS_H

#include <stdbool.h>

#include "core/id.h"
#include "redis/redis.h"

enum presence_status { PRESENCE_OFFLINE, PRESENCE_IDLE, PRESENCE_ONLINE };

const char *presence_name(enum presence_status status);
bool presence_parse(const char *name, enum presence_status *out) ES_MUST_CHECK;

#define PRESENCE_WORKER_LEASE_MS 15000
#define PRESENCE_REST_LEASE_MS   300000 /* a status set over REST holds this long */

/* Keys and arguments of the scripts, for blocking and event-loop callers alike. */
extern struct redis_script presence_set_script;  /* a worker's device of one user */
extern struct redis_script presence_rest_script; /* what REST asks for */
extern struct redis_script
    presence_lease_script; /* the worker lives; 0: it was not known */
extern struct redis_script presence_sweep_script; /* end what has run out */
extern struct redis_script presence_user_gone_script, presence_tenant_gone_script;
extern struct redis_script presence_list_script; /* all of a tenant, or how many */

#define PRESENCE_ARGS 8
struct presence_call {
	struct redis_script *script;
	struct redis_arg
	    argv[PRESENCE_ARGS]; /* no key is declared: all are built inside */
	size_t argc;
	char numbers[2][24];
};

/* The pointers given must stay valid as long as the call. */
void presence_set_call(struct presence_call *call, const struct uuid *worker,
    const struct tenant_id *tenant, const struct user_id *user,
    enum presence_status status, bool forget_choice);
void presence_rest_call(struct presence_call *call, const struct tenant_id *tenant,
    const struct user_id *user, enum presence_status status);
/* Reply: 1, or 0 when the lease had run out or was lost: set all users again. */
void presence_lease_call(struct presence_call *call, const struct uuid *worker);
/* At most max users; reply: how many were looked at. */
void presence_sweep_call(struct presence_call *call, unsigned max);
/* Reply: [user, status, ...] when at most max are not offline, else how many. */
void presence_list_call(
    struct presence_call *call, const struct tenant_id *tenant, unsigned max);

/* HMGET of this key answers what is seen of many users; nil is offline. */
#define PRESENCE_KEY_MAX 64
void presence_tenant_key(const struct tenant_id *tenant, char out[PRESENCE_KEY_MAX]);

/* GET /presence: out[i] is what is seen of users[i]; unknown users are offline. */
enum es_code presence_get(struct redis *r, const struct tenant_id *tenant,
    const struct user_id users[], size_t n, struct arena *a, enum presence_status out[],
    struct es_err *err) ES_MUST_CHECK;

/* PUT /presence: online takes back what was chosen before and counts as a device for five
 * minutes, idle likewise but is seen at most as idle, offline is invisible until the last
 * device is gone or online is chosen. */
enum es_code presence_put(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, enum presence_status status, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

/* The user, or everybody of the tenant, may not be here any more: offline at once,
 * readers are told, and what was chosen over REST is forgotten. May be repeated. */
#define PRESENCE_END_MAX 200 /* users of a tenant in one call of Redis */
enum es_code presence_end_user(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, struct es_err *err) ES_MUST_CHECK;
enum es_code presence_end_tenant(struct redis *r, const struct tenant_id *tenant,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
