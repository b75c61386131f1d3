/* Presence in Redis. Only this file and presence_scripts.c know the keys and the scripts.
 *
 * A user has a status for each source: one for each push worker that holds connections of
 * the user, and one for REST ("rest"). The user is shown with the best of them (online
 * before idle before offline), unless the user has chosen over REST to be shown as less.
 *
 * es:p:t:<tenant> is a hash from user to "online" or "idle": what others see. A user that
 * is not in it is offline.
 *
 * es:p:u:<tenant>:<user> is a hash from source (a worker's id, or "rest") to status. Its
 * field "choice" holds "idle" or "offline" as REST asked for; it is deleted with the last
 * source.
 *
 * es:p:w:<worker> is a set of "<tenant>:<user>": the users that this worker is a source
 * of.
 *
 * es:p:leases is a sorted set of "w:<worker>" and "r:<tenant>:<user>", scored by the end
 * of the lease in ms of Redis's clock. Any worker removes the sources whose lease has
 * ended.
 *
 * A change of what others see is published on es:t:<tenant>:p as
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
extern struct redis_script presence_set_script;  /* what a worker says of a user */
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

/* PUT /presence. "online" deletes an earlier choice and makes REST a source for five
 * minutes. "idle" does the same, but the user is shown as idle at most. "offline" hides
 * the user until the last source has ended or REST chooses "online". */
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
