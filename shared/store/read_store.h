/* Many read marks by one statement, for an event loop: of any users, channels and
 * tenants, in one transaction. Sent without a tenant, as the look-ups of sync_store.h. */
#ifndef STORE_READ_STORE_H
#define STORE_READ_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/id.h"
#include "pg/pg.h"

/* 1,000 marks take 35 ms (measured on two busy cores). A longer statement would hold up
 * others of the pipeline and keep the rows locked for longer. */
#define READ_STORE_MAX 1000

/* "This user has read the channel up to the message with this number." */
struct read_ask {
	struct tenant_id tenant;
	struct user_id user;
	struct channel_id channel;
	int64_t id; /* beyond the head counts as the head */
};

/* As of message_store_mark_read: ES_OK, and where the mark stands now, which may be
 * further on; ES_FORBIDDEN when the user sees the channel without being its member;
 * ES_NOT_FOUND for an unknown channel, a foreign one, and a private one of others. */
struct read_answer {
	enum es_code rc;
	int64_t stands; /* when ES_OK */
};

extern const struct pg_stmt read_store_many;
/* n from 1 to READ_STORE_MAX. The same mark may be in it several times: the largest
 * number counts. */
const char *const *read_store_many_params(
    struct arena *a, const struct read_ask asks[], size_t n);
/* out[i] answers asks[i]. */
void read_store_many_read(
    struct pg_rows *rows, size_t n, struct arena *a, struct read_answer out[]);

#endif
