/* History. Whoever sees the channel reads it, from its first message on. */
#ifndef STORE_MESSAGE_STORE_H
#define STORE_MESSAGE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

struct message {
	int64_t id; /* also its seq, so the event before has id - 1 */
	struct channel_id channel;
	struct user_id sender;
	const char *sender_display_name; /* of the time of sending */
	const char *body;                /* NULL when deleted */
	const char *client_id;
	int64_t created_ms, edited_ms; /* edited_ms 0: never */
	bool deleted;
};

enum message_where { MESSAGES_LATEST, MESSAGES_BEFORE, MESSAGES_AFTER, MESSAGES_AROUND };

/* The message `id` need not exist. AROUND: it, and about half of the limit on each side.
 */
struct message_query {
	enum message_where where;
	int64_t id;
	int64_t limit; /* 1 to STORE_LIST_MAX */
};

/* Newest first; with AFTER oldest first. */
struct message_page {
	struct message *items;
	size_t n;
	bool more;           /* in the direction of reading; AROUND: older ones */
	int64_t next_before; /* 0: nothing older, or AFTER */
	int64_t next_after;  /* 0: nothing newer, or neither AFTER nor AROUND */
};

enum es_code message_store_page(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct message_query *query, struct arena *a,
    struct message_page *out, struct es_err *err) ES_MUST_CHECK;
/* ES_NOT_FOUND "no such message"; "no such channel" when the caller may not see it. */
enum es_code message_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct message *out,
    struct es_err *err) ES_MUST_CHECK;

/* One of the caller's own sends. ES_OK: committed, in *out. ES_GONE: refused at commit,
 * why is in *refusal. ES_NOT_FOUND "no such message": not committed (yet). The client
 * id may be given or minted. */
enum es_code message_store_by_client_id(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const char *client_id, struct arena *a,
    struct message *out, enum es_code *refusal, struct es_err *err) ES_MUST_CHECK;

/* Move the caller's read mark forward, never back nor past the head; *stands (may be
 * NULL) tells where it is. Who sees the channel without being a member has none:
 * ES_FORBIDDEN. */
enum es_code message_store_mark_read(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, int64_t *stands,
    struct es_err *err) ES_MUST_CHECK;

/* The same for an event loop (with the tenant): no row means no member. */
struct read_mark {
	int64_t seq;
};
extern const struct pg_stmt message_store_read_stmt; /* row: struct read_mark */

#endif
