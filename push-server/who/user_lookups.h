/* Looks up the users of tokens, with one statement for all look-ups that wait. */
#ifndef PUSH_USER_LOOKUPS_H
#define PUSH_USER_LOOKUPS_H

#include "auth/token.h"
#include "conn/conn.h"
#include "store/principal_store.h"

struct user_lookups;

/* The purpose of a look-up. */
enum lookup_kind { LOOKUP_GREETING, LOOKUP_FRESH_TOKEN, LOOKUP_REVALIDATION };

/* One user to be looked up for one connection. */
struct lookup {
	struct conn_ref ref;
	struct token_claims claims;
	enum lookup_kind kind;
};

/* Called with the answer, or with the reason why there is none (ES_UNAVAILABLE,
 * ES_INTERNAL). The answer's texts are allocated in the arena. The connection may be
 * gone. */
typedef void lookup_done(void *ctx, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);

struct pg_async;

struct user_lookups *user_lookups_new(
    struct conns *conns, struct pg_async *pg, lookup_done *done, void *ctx);
/* No statement may be under way; waiting look-ups are dropped. */
void user_lookups_free(struct user_lookups **l);

/* Call it for each new connection: the rate of these calls decides whether look-ups wait
 * for further ones (gather.h). */
void user_lookups_count_arrival(struct user_lookups *l);
/* done is called once, never before this function returns. rc is ES_UNAVAILABLE when the
 * connection is gone before the statement is sent. */
void user_lookups_add(struct user_lookups *l, const struct lookup *look);
/* End of a turn: send a statement for the waiting look-ups, when gather_due() allows
 * it. */
void user_lookups_turn(struct user_lookups *l);

#endif
