/* A cache of rights that the database has confirmed to senders. Refusals are not cached,
 * because the user may get the right at any moment. */
#ifndef PUSH_GRANTS_H
#define PUSH_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/reader_store.h"

struct grants;

/* Keeps at most max grants, each for keep_ms. */
struct grants *grants_new(size_t max, int64_t keep_ms);
/* Takes NULL; leaves NULL. */
void grants_free(struct grants **g);

/* Cache row, the database's answer to right. Evicts the oldest grant when max are
 * kept. */
void grants_add(struct grants *g, const struct rights_key *right,
    const struct rights_row *row, int64_t now_ms);
/* Find a grant that is not older than keep_ms and was given at the tenant's acl_version
 * or a later one. Marks it as used. */
bool grants_find(struct grants *g, const struct rights_key *right, int64_t acl_version,
    int64_t now_ms, bool *out_archived);
/* Calls ask for each grant that was used and is older than half of keep_ms, at most once
 * after each grants_add(): such a grant should be renewed before a message needs it
 * again. The callback must not change the grants. */
void grants_each_to_renew(struct grants *g, int64_t now_ms,
    void (*ask)(void *ctx, const struct rights_key *right), void *ctx);
/* Take the answer to a renewal that was asked for at asked_ms; a NULL row means that the
 * right is gone. A grant that was removed or replaced since then stays as it is, because
 * the answer may be older than the change. */
void grants_renew(struct grants *g, const struct rights_key *right,
    const struct rights_row *row, int64_t asked_ms, int64_t now_ms);
/* Remove the grants older than keep_ms. */
void grants_expire(struct grants *g, int64_t now_ms);
/* Remove the grants of a channel. The cost grows only with the number of these grants. */
void grants_forget_channel(struct grants *g, const struct channel_id *id);
/* Remove the grants of a tenant whose acl version has changed. Walks all grants, at most
 * max. */
void grants_forget_tenant(struct grants *g, const struct tenant_id *tenant);

#endif
