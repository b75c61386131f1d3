/* Presence in Redis. Only this file and presence_scripts.c know the keys and the scripts.
 *
 * A user has a status for each source: one for each push worker that holds connections of
 * the user, and one for REST ("rest"). Others see the best of them (online before idle
 * before offline), unless the user has chosen a lesser one over REST.
 *
 * es:p:t:<tenant> is a hash from user to "online" or "idle": what others see. A user
 * without a field in this hash is offline.
 *
 * es:p:u:<tenant>:<user> is a hash from source (a worker's id, or "rest") to status. Its
 * field "choice" holds the "idle" or "offline" that the user has chosen over REST. The
 * scripts delete this field together with the last source.
 *
 * es:p:w:<worker> is a set of "<tenant>:<user>": the users whose source is this worker.
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
#define PRESENCE_REST_LEASE_MS   300000 /* how long a status that REST has set lasts */

/* The scripts, for blocking and non-blocking callers. */
extern struct redis_script presence_set_script;   /* a worker reports a user's status */
extern struct redis_script presence_rest_script;  /* REST sets a status */
extern struct redis_script presence_lease_script; /* a worker extends its lease */
extern struct redis_script presence_sweep_script; /* removes sources without a lease */
extern struct redis_script presence_user_gone_script, presence_tenant_gone_script;
extern struct redis_script presence_list_script; /* lists or counts a tenant's users */

#define PRESENCE_ARGS 8
struct presence_call {
	struct redis_script *script;
	/* Only arguments, no keys: the scripts build all keys themselves. */
	struct redis_arg argv[PRESENCE_ARGS];
	size_t argc;
	char numbers[2][24];
};

/* Fills *call with pointers to the arguments, which must stay valid until the script is
 * sent. forget_choice: also delete the choice that the user has made over REST. */
void presence_set_call(struct presence_call *call, const struct uuid *worker,
    const struct tenant_id *tenant, const struct user_id *user,
    enum presence_status status, bool forget_choice);
void presence_rest_call(struct presence_call *call, const struct tenant_id *tenant,
    const struct user_id *user, enum presence_status status);
/* The script replies 1. It replies 0 when Redis had no lease of this worker that holds:
 * because this is the first call, the lease has expired, or Redis lost its data. The
 * caller must then set all users of the worker again. */
void presence_lease_call(struct presence_call *call, const struct uuid *worker);
/* The script removes at most max users without a lease, and replies how many it
 * removed. */
void presence_sweep_call(struct presence_call *call, unsigned max);
/* The script replies [user, status, ...] when at most max users are not offline, else the
 * number of these users. */
void presence_list_call(
    struct presence_call *call, const struct tenant_id *tenant, unsigned max);

/* HMGET of this key returns the status of many users; nil means offline. */
#define PRESENCE_KEY_MAX 64
void presence_tenant_key(const struct tenant_id *tenant, char out[PRESENCE_KEY_MAX]);

/* For GET /presence. out[i] is the status that others see of users[i]; an unknown user is
 * offline. */
enum es_code presence_get(struct redis *r, const struct tenant_id *tenant,
    const struct user_id users[], size_t n, struct arena *a, enum presence_status out[],
    struct es_err *err) ES_MUST_CHECK;

/* PUT /presence. "online" deletes an earlier choice and makes REST a source for five
 * minutes. "idle" makes REST a source, too, and stores the choice: others see the user as
 * idle at most. "offline" hides the user until the last source has ended or the user
 * chooses another status. */
enum es_code presence_put(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, enum presence_status status, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

/* Call when the user, or the tenant, has lost the right to connect. Sets the user, or
 * every user of the tenant, offline, publishes the change, and deletes the statuses that
 * REST has set. Repeating a call changes nothing. */
#define PRESENCE_END_MAX 200 /* users of a tenant in one call of the script */
enum es_code presence_end_user(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, struct es_err *err) ES_MUST_CHECK;
enum es_code presence_end_tenant(struct redis *r, const struct tenant_id *tenant,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
