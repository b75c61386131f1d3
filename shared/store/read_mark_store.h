/* Moves many read marks by one statement in one transaction, for an event loop. The marks
 * may belong to any users, channels and tenants. Send the statement without a tenant,
 * like those of reader_store.h. */
#ifndef STORE_READ_MARK_STORE_H
#define STORE_READ_MARK_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/id.h"
#include "pg/pg.h"

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

/* rc has the codes of message_store_mark_read(). ES_OK: `stands` is the position of the
 * mark, which may be beyond the id that was asked for. ES_FORBIDDEN: the user sees the
 * channel but is not a member. ES_NOT_FOUND: the channel is unknown, belongs to another
 * tenant, or is private and the user is not a member. */
struct read_mark_answer {
	enum es_code rc;
	int64_t stands; /* set when rc is ES_OK */
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
