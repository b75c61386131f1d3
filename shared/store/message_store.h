/* The history of a channel. A user who sees the channel reads it from its first message
 * on. */
#ifndef STORE_MESSAGE_STORE_H
#define STORE_MESSAGE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

/* The users who have reacted with one emoji. */
struct message_reaction {
	const char *emoji;
	int64_t count;
	bool me; /* the reader is one of them */
};
#define MESSAGE_REACTIONS_MAX 20 /* emoji shown with a message: those used first */

struct message {
	int64_t id; /* also the sequence number; the event before has id - 1 */
	struct channel_id channel;
	struct user_id sender;
	const char *sender_display_name; /* the name at the commit of the message */
	const char *body;                /* NULL: the message is deleted */
	const char *client_id;
	/* Unix time in ms; 0: never edited, not deleted */
	int64_t created_ms, edited_ms, deleted_ms;
	bool deleted;
	int64_t version; /* 1 + the number of edits */
	struct message_reaction *reactions;
	size_t n_reactions;
};

enum message_where { MESSAGES_LATEST, MESSAGES_BEFORE, MESSAGES_AFTER, MESSAGES_AROUND };

/* A message with this id need not exist. MESSAGES_AROUND: that message, and about half of
 * the limit on each side. */
struct message_query {
	enum message_where where;
	int64_t id;
	int64_t limit; /* 1 to STORE_LIST_MAX */
};

/* Newest first; with MESSAGES_AFTER oldest first. */
struct message_page {
	struct message *items;
	size_t n;
	/* more follow in reading direction; with MESSAGES_AROUND: more older ones */
	bool more;
	int64_t next_before; /* 0: nothing older, or MESSAGES_AFTER */
	/* 0: nothing newer, or neither MESSAGES_AFTER nor MESSAGES_AROUND */
	int64_t next_after;
};

enum es_code message_store_page(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct message_query *query, struct arena *a,
    struct message_page *out, struct es_err *err) ES_MUST_CHECK;
/* ES_NOT_FOUND with STORE_NO_MESSAGE, or with STORE_NO_CHANNEL when the caller may not
 * see the channel. */
enum es_code message_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct message *out,
    struct es_err *err) ES_MUST_CHECK;

/* Finds a message that the caller has sent. ES_OK: it is committed, see *out. ES_GONE:
 * the commit refused it, for the reason in *refusal. ES_NOT_FOUND with STORE_NO_MESSAGE:
 * it is not committed, or not yet. client_id is the client's or the one that the server
 * generated. */
enum es_code message_store_by_client_id(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const char *client_id, struct arena *a,
    struct message *out, enum es_code *refusal, struct es_err *err) ES_MUST_CHECK;

/* Reads those of the n messages that the channel has, newest first; the page has no next
 * one. n is at most MESSAGE_IDS_MAX. */
#define MESSAGE_IDS_MAX 100
enum es_code message_store_by_ids(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const int64_t ids[], size_t n, struct arena *a,
    struct message_page *out, struct es_err *err) ES_MUST_CHECK;
/* Reads the newest message of each of the n channels, deleted ones included, in any
 * order. Does not check rights: the caller has read the channels before. */
enum es_code message_store_newest(struct pg *pg, const struct actor *who,
    const struct channel_id channels[], size_t n, struct arena *a, struct message **out,
    size_t *n_out, struct es_err *err) ES_MUST_CHECK;

#endif
