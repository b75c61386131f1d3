/* Reactions: those shown with messages, and the users behind one emoji. */
#ifndef STORE_REACTION_STORE_H
#define STORE_REACTION_STORE_H

#include "pg/pg.h"
#include "store/actor.h"
#include "store/message_store.h"

/* Statements of message_store.c that read the reactions of the messages that another
 * statement of the same batch reads. Rows: for reaction_store_add(). */
/* Parameters: tenant, channel, message, reader. */
extern const struct pg_stmt reaction_store_of_message;
/* Parameters: tenant, channel, dedupe key of the message, reader. */
extern const struct pg_stmt reaction_store_by_key;
/* The reactions of the $4 messages below $3 and of the $6 messages above $5. Parameters:
 * tenant, channel, below, their number, above, their number, reader. */
extern const struct pg_stmt reaction_store_of_page;

/* Parameters: tenant, channel, array of messages, reader. */
extern const struct pg_stmt reaction_store_by_ids;
/* The reactions of the newest message of each channel. Parameters: tenant, array of
 * channels, reader. */
extern const struct pg_stmt reaction_store_of_newest;

/* Adds the reactions to their messages, at most MESSAGE_REACTIONS_MAX to each. The
 * messages of one channel are in the order of their ids, forward or backward. A row
 * without a message is ignored. */
void reaction_store_add(
    struct pg_rows *rows, struct arena *a, struct message messages[], size_t n);

struct reactor {
	struct user_id user;
	const char *display_name;
	int64_t reacted_ms;
};
struct reactor_page {
	struct reactor *items;
	size_t n;
	bool more;
};

/* The users who have reacted to the message with the emoji, in the order of their ids,
 * from the one behind `after` (NULL: the first). limit: 1 to STORE_LIST_MAX. ES_NOT_FOUND
 * as message_store_get(). */
enum es_code reaction_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, const char *emoji,
    const struct user_id *after, int64_t limit, struct arena *a, struct reactor_page *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
