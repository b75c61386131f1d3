/* Users of tokens are looked up together: one statement for all that wait. */
#ifndef PUSH_USER_LOOKUPS_H
#define PUSH_USER_LOOKUPS_H

#include "auth/token.h"
#include "conn/conn.h"
#include "store/principal_store.h"

struct user_lookups;

/* What a user is looked up for. */
enum lookup_kind { LOOKUP_GREETING, LOOKUP_FRESH_TOKEN, LOOKUP_REVALIDATION };

/* One user to be looked up for one connection. */
struct lookup {
	struct conn_ref ref;
	struct token_claims claims;
	enum lookup_kind kind;
};

/* The answer, or the reason why there is none (ES_UNAVAILABLE, ES_INTERNAL). Its texts
 * live in the arena. The connection may be gone. */
typedef void lookup_done(void *ctx, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);

struct pg_async;

struct user_lookups *user_lookups_new(
    struct conns *conns, struct pg_async *pg, lookup_done *done, void *ctx);
/* Nothing is under way; what waits is dropped. */
void user_lookups_free(struct user_lookups **l);

/* A new connection has come: counts for whether it is calm (gather.h). */
void user_lookups_came(struct user_lookups *l);
/* done is called once, never from inside; ES_UNAVAILABLE when the connection is gone
 * before the statement is sent. */
void user_lookups_add(struct user_lookups *l, const struct lookup *look);
/* End of a turn: ask for those that wait, when it is time. */
void user_lookups_turn(struct user_lookups *l);

#endif
