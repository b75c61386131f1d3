/* Counts what a user has not read. No counter is stored: each call computes the numbers
 * from the read mark and the messages, so that they can't drift.
 *
 * The mark of a member is the greater of the stored mark and the member's newest own
 * message. So the user's own messages move the mark without a write. */
#ifndef STORE_UNREAD_STORE_H
#define STORE_UNREAD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/id.h"
#include "pg/pg.h"
#include "store/actor.h"

/* Messages after the mark that a call examines in one channel, the newest ones. */
#define UNREAD_MAX 1000
/* Channels that unread_store_list() examines for one page. */
#define UNREAD_EXAMINED 200

struct unread {
	struct channel_id channel;
	int64_t last_seq; /* number of the newest event */
	/* The mark: the user has read all events up to this number; 0: none. */
	int64_t last_read_seq;
	/* Messages after the mark, without own and deleted ones. */
	int64_t unread;
	/* UNREAD_MAX messages follow the mark: `unread` counts only the newest ones, and
	 * last_read_seq ignores own messages before them. */
	bool capped;
};

struct unread_page {
	struct unread *items;
	size_t n;
	/* The next page begins after this channel; "": this is the last page. A page may
	 * have fewer items than the limit, or none, although another page follows. */
	struct channel_id next;
};

/* One page of the channels of which the caller is a member, ordered by id. all false:
 * only those with unread messages that are not archived. after NULL: from the start.
 * limit is 1 to UNREAD_EXAMINED. */
enum es_code unread_store_list(struct pg *pg, const struct actor *who, bool all,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct unread_page *out, struct es_err *err) ES_MUST_CHECK;

/* The numbers of those of the n channels of which the caller is a member, in any
 * order. */
enum es_code unread_store_of(struct pg *pg, const struct actor *who,
    const struct channel_id ids[], size_t n, struct arena *a, struct unread **out,
    size_t *n_out, struct es_err *err) ES_MUST_CHECK;

#endif
