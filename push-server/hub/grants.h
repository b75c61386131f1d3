/* Yeses of the database to senders, remembered for a few seconds. A no is never
 * remembered: the next moment may bring the right. */
#ifndef PUSH_GRANTS_H
#define PUSH_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/sync_store.h"

struct grants;

/* At most max of them, each for keep_ms. */
struct grants *grants_new(size_t max, int64_t keep_ms);
/* Takes NULL; leaves NULL. */
void grants_free(struct grants **g);
size_t grants_count(const struct grants *g);

/* Remember row, the answer to right. Drives out the oldest beyond max. */
void grants_add(struct grants *g, const struct sync_right *right,
    const struct sync_channel *row, int64_t now_ms);
/* Is there a yes of the tenant's version acl_version or later? */
bool grants_find(const struct grants *g, const struct sync_right *right,
    int64_t acl_version, int64_t now_ms, bool *out_archived);
/* Forget what is too old. */
void grants_expire(struct grants *g, int64_t now_ms);
/* Costs as much as there are grants of the channel. */
void grants_forget_channel(struct grants *g, const struct channel_id *id);
/* Walks all grants: at most max of them, when a tenant's version has moved. */
void grants_forget_tenant(struct grants *g, const struct tenant_id *tenant);

#endif
