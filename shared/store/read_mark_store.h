/* Read marks: of one user, and many by one statement for an event loop.
 *
 * A mark moves forward, and never past the head. Only read_mark_store_unread() moves it
 * back. See unread_store.h for what a user has not read. */
#ifndef STORE_READ_MARK_STORE_H
#define STORE_READ_MARK_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/id.h"
#include "pg/pg.h"
#include "store/actor.h"

/* Members that es_read_many() counts in a channel at most. */
#define READ_MARK_MEMBERS_MAX 200

struct read_mark {
	int64_t stands; /* the position of the mark after the call */
	/* Members of the channel, READ_MARK_MEMBERS_MAX + 1 for more. 0: the user or the
	 * tenant has switched read receipts off. */
	int64_t members;
};

/* Moves the caller's mark forward to the message with this number. ES_FORBIDDEN: the
 * caller sees the channel but is not a member and so has no mark. ES_NOT_FOUND with
 * STORE_NO_CHANNEL: the caller may not see the channel. */
enum es_code read_mark_store_read(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct read_mark *out,
    struct es_err *err) ES_MUST_CHECK;
/* Moves the caller's mark right before the message with this number, forward or back:
 * that message becomes the first unread one. The caller's own messages that exist now no
 * longer move the mark. Sets out->members to 0. Fails as read_mark_store_read()
 * does. */
enum es_code read_mark_store_unread(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct read_mark *out,
    struct es_err *err) ES_MUST_CHECK;

/* The functions below move many marks by one statement in one transaction. The marks may
 * belong to any users, channels and tenants. Send the statement without a tenant, like
 * those of reader_store.h. */

/* 1,000 marks take 35 ms (measured on two busy cores). A longer statement would delay
 * others of the pipeline and hold its row locks longer. */
#define READ_MARK_STORE_MAX 1000

/* The user has read the channel up to and including the message with this number. */
struct read_mark_ask {
	struct tenant_id tenant;
	struct user_id user;
	struct channel_id channel;
	int64_t id; /* a number beyond the head counts as the head */
};

/* rc has the codes of read_mark_store_read(). ES_OK: mark.stands
 * may be beyond the id that was asked for. ES_FORBIDDEN: the user sees the
 * channel but is not a member. ES_NOT_FOUND: the channel is unknown, belongs to another
 * tenant, or is private and the user is not a member. */
struct read_mark_answer {
	enum es_code rc;
	struct read_mark mark; /* set when rc is ES_OK */
};

extern const struct pg_stmt read_mark_store_many;
/* n is 1 to READ_MARK_STORE_MAX. When asks contain the same mark several times, the
 * largest number counts. The parameters are allocated in the arena a. */
const char *const *read_mark_store_many_params(
    struct arena *a, const struct read_mark_ask asks[], size_t n);
/* out[i] answers asks[i]. */
void read_mark_store_many_read(
    struct pg_rows *rows, size_t n, struct arena *a, struct read_mark_answer out[]);

#endif
