/* Users of live sockets are looked up again when rights have changed, and the sockets of
 * those that may no longer be here are closed. Connections wait in line: one that waits
 * already keeps its place, so that a tenant with many connections and frequent changes
 * starves none of them. */
#ifndef PUSH_REVALIDATE_H
#define PUSH_REVALIDATE_H

#include "store/principal_store.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

/* Statements for connections in line: one at a time, and at most one in this time. With
 * ES_PUSH_LOOKUP_BATCH 1,000 a line of 10,000 connections takes a second. */
#define REVALIDATE_EVERY_MS 100

/* The rights of a tenant have changed; of which user is not known. */
void revalidate_tenant(struct who *w, const struct tenant_id *tenant);
/* Those of one user have: its connections are looked up at the end of this turn. */
void revalidate_user(
    struct who *w, const struct tenant_id *tenant, const struct user_id *user);
/* One connection was let in by an answer that is older than what is known now. */
void revalidate_conn(struct who *w, struct conn *c);

/* For who.c: the answer about the user, and the end of a turn. */
void revalidate_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);
void revalidate_turn(struct who *w);
/* A look-up has ended whose connection is gone. */
void revalidate_dropped(struct who *w);

#endif
