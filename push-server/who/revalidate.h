/* When rights change, the worker looks up the users of open connections again, and closes
 * connections whose user lost access. The connections wait in a FIFO queue. A further
 * change does not move a waiting connection back, so that frequent changes in a large
 * tenant starve none of them. When a change names a user, the worker looks that user's
 * connections up ahead of the queue. */
#ifndef PUSH_REVALIDATE_H
#define PUSH_REVALIDATE_H

#include "store/principal_store.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

/* Pause between two statements for the queue. With ES_PUSH_LOOKUP_BATCH 1,000 and a
 * database that answers in 50 ms, a queue of 10,000 connections takes half a second. */
#define REVALIDATE_EVERY_MS 20
/* Pause after a look-up that the database did not answer. */
#define REVALIDATE_RETRY_MS 1000

/* The rights of a tenant have changed, and the change names no user. */
void revalidate_tenant(struct who *w, const struct tenant_id *tenant);
/* The rights of one user have changed: the user's connections are looked up at the end of
 * this turn. */
void revalidate_user(
    struct who *w, const struct tenant_id *tenant, const struct user_id *user);
/* The tokens of the tenant with this jti were revoked: the connections that use one are
 * looked up at the end of this turn. */
void revalidate_jti(struct who *w, const struct tenant_id *tenant, const char *jti);
/* Looks the user of this connection up again, ahead of the queue: the last look-up is
 * older than a change of rights that the worker knows now. */
void revalidate_conn(struct who *w, struct conn *c);

/* For who.c: revalidate_answer() takes the database's answer about the user;
 * revalidate_turn() runs at the end of a turn. */
void revalidate_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);
void revalidate_turn(struct who *w);
/* The answer of a look-up has arrived, but its connection is gone. */
void revalidate_on_dropped(struct who *w);

#endif
