/* Shared memory through which a master hands settings to its running workers. It holds
 * the settings that the program reloads. */
#ifndef CONF_CONF_SHARE_H
#define CONF_CONF_SHARE_H

#include "conf/conf.h"

struct conf_share;

/* Call before the fork. The tables must outlive the result. */
struct conf_share *conf_share_new(const struct conf_table tables[], size_t n);
/* Unmaps the memory in this process. *s may be NULL, and is NULL afterwards. */
void conf_share_free(struct conf_share **s);

/* In the master: replaces all shared values by those of `values`. */
void conf_share_put(struct conf_share *s, const void *values);

/* In a worker: sets the reloaded settings of *values; their strings are allocated in the
 * arena a. Returns ES_NOT_FOUND when the master has written no values yet, and
 * ES_UNAVAILABLE when a write of the master does not finish. On failure *values stays as
 * it is. */
enum es_code conf_share_get(const struct conf_share *s, struct arena *a, void *values,
    struct es_err *err) ES_MUST_CHECK;

#endif
