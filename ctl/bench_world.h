/* The users and channels of `bench`: makes them through the REST API, and removes them.
 */
#ifndef CTL_BENCH_WORLD_H
#define CTL_BENCH_WORLD_H

#include "bench_plan.h"
#include "ctl_run.h"

struct bench_world {
	const char *operator_key; /* of the tenant that bench created */
	const char *tenant;       /* its id; NULL: bench created no tenant */
	const char *admin;        /* token or key that manages the users */
	const char **tokens;      /* of users; socket i has number i modulo n_tokens */
	size_t n_tokens;
	const char **users; /* ids of those that bench created */
	size_t n_users;
	const char **channels; /* ids, created by the first token */
	size_t n_channels;
};

/* Returns -1 when the world is complete, else the exit status after a message. What was
 * made until then is in *out: call bench_world_remove() in any case. */
int bench_world_make(
    struct ctl *c, const struct bench_plan *plan, struct bench_world *out) ES_MUST_CHECK;
/* Deletes channels and users, suspends the tenant, and says what remains. Returns false
 * after a message when something could not be removed. */
bool bench_world_remove(struct ctl *c, struct bench_world *w) ES_MUST_CHECK;

#endif
