/* Who has read a message. Users who see a small channel see the read marks of its
 * members, unless the user, the member or the tenant has switched read receipts off. */
#ifndef STORE_RECEIPT_STORE_H
#define STORE_RECEIPT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/id.h"
#include "pg/pg.h"
#include "store/actor.h"

/* Messages from the asked one on that the store examines for a member whose stored mark
 * is before it: a member who wrote one of them has read the asked one. */
#define RECEIPT_OWN_MAX 1000

struct reader {
	struct user_id user;
	const char *display_name;
};

struct reader_page {
	struct reader *items;
	size_t n;
	bool more; /* the next page begins after items[n - 1].user */
};

/* One page of the members whose read mark is at or after the message, ordered by id,
 * without its author and without members who have switched receipts off. members_max is
 * at most READ_MARK_MEMBERS_MAX. ES_NOT_FOUND: the caller may not see the channel, or it
 * has no such message. ES_FORBIDDEN: the caller or the tenant has switched receipts off,
 * or the channel has more than members_max members. */
enum es_code receipt_store_readers(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t message, int64_t members_max,
    const struct user_id *after, int64_t limit, struct arena *a, struct reader_page *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
