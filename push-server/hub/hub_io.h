/* The functions by which the hub reaches Redis, PostgreSQL and the look-ups of users. The
 * hub takes them as a table, so that it is pure logic and a test can replace them. */
#ifndef PUSH_HUB_IO_H
#define PUSH_HUB_IO_H

#include "conn/conn.h"
#include "log/page.h"
#include "store/reader_store.h"

struct hub;

#define HEADS_MAX 500

/* Asks, for each item, whether the user may read the channel. done receives one row for
 * each user that may read; row.ord is the index of its item. done frees the question. */
struct authorise_ask {
	struct hub *hub;
	void *ctx;
	void (*done)(struct authorise_ask *ask, enum es_code rc,
	    const struct rights_row rows[], size_t n_rows, const struct es_err *err);
	size_t n;
	struct authorise_item {
		struct rights_key right;
		struct conn_ref conn;
		uint64_t ask_id;
		int64_t head_before; /* the log's head when asked; -1: no log */
	} items[];
};

/* Asks for the heads of these channels, at most HEADS_MAX. heads[i] is -1 for a channel
 * that does not exist. done frees the question, which is one allocation. */
struct heads_ask {
	struct hub *hub;
	size_t n;
	struct tenant_id *tenants;
	struct channel_id *channels;
	struct heads_before {
		int64_t head;
		uint64_t generation;
	} * before; /* the state of the log when the question was sent */
	void (*done)(struct heads_ask *ask, enum es_code rc, const int64_t heads[]);
};

/* Asks for the acl versions of these tenants, in order; -1 for a tenant that does not
 * exist. done frees the question. */
struct acl_ask {
	struct hub *hub;
	size_t n;
	struct tenant_id *tenants;
	void (*done)(struct acl_ask *ask, enum es_code rc, const int64_t versions[]);
};

/* A function that takes a question returns false when the question can't be sent now:
 * done is not called, and the caller keeps the question. Otherwise done is called exactly
 * once, after the function has returned. */
struct hub_io {
	void *ctx;
	void (*topic)(void *ctx, const char *topic, bool wanted);
	void (*publish)(void *ctx, const char *topic, const char *data, size_t len);
	bool (*authorise)(void *ctx, struct authorise_ask *ask);
	bool (*page)(void *ctx, struct page_ask *ask);
	bool (*heads)(void *ctx, struct heads_ask *ask);
	bool (*acl)(void *ctx, struct acl_ask *ask);
	/* The rights of a tenant's users have changed: look up the users of its
	 * connections again, and close the connections of users that may not be connected
	 * any more. */
	void (*revalidate)(void *ctx, const struct tenant_id *tenant);
	/* The rights of one user have changed: look up the user's connections
	 * immediately. */
	void (*revalidate_user)(
	    void *ctx, const struct tenant_id *tenant, const struct user_id *user);
	/* The tokens of the tenant with this jti were revoked: look up the connections
	 * with such a token immediately. */
	void (*revalidate_jti)(
	    void *ctx, const struct tenant_id *tenant, const char *jti);
	/* The last look-up of the connection's user is older than the newest acl version
	 * known: look up the user again. */
	void (*revalidate_conn)(void *ctx, struct conn *c);
	/* A subscribe of this connection was refused with not_found. The callee may
	 * decide to close the connection. */
	void (*refused)(void *ctx, struct conn *c);
};

#endif
