/* Users of live sockets are looked up again when rights have changed, and the sockets of
 * those that may no longer be here are closed. Connections wait in a line (FIFO): one
 * that waits already keeps its place, so that frequent changes in a tenant with many
 * connections starve none of them. The connections of a user that a change names do not
 * wait in the line. */
#ifndef PUSH_REVALIDATE_H
#define PUSH_REVALIDATE_H

#include "store/principal_store.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

/* Between two statements for the line. With ES_PUSH_LOOKUP_BATCH 1,000 and a database
 * that answers in 50 ms, a line of 10,000 connections takes half a second. */
#define REVALIDATE_EVERY_MS 20
/* After a look-up without an answer: the database is away. */
#define REVALIDATE_RETRY_MS 1000

/* The rights of a tenant have changed; of which user is not known. */
void revalidate_tenant(struct who *w, const struct tenant_id *tenant);
/* Those of one user have: its connections are looked up at the end of this turn. */
void revalidate_user(
    struct who *w, const struct tenant_id *tenant, const struct user_id *user);
/* An open connection was let in by an answer that is older than what is known now. */
void revalidate_conn(struct who *w, struct conn *c);

/* For who.c: the answer about the user, and the end of a turn. */
void revalidate_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);
void revalidate_turn(struct who *w);
/* A look-up has ended whose connection is gone. */
void revalidate_dropped(struct who *w);

#endif
