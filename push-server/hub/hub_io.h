/* What the hub asks of the outside: topics and reads of the database. Handed in as a
 * table, so that the hub is pure logic and a test can be the outside. */
#ifndef PUSH_HUB_IO_H
#define PUSH_HUB_IO_H

#include "conn/conn.h"
#include "log/page.h"
#include "store/sync_store.h"

struct hub;

#define HEADS_MAX 500

/* May these users read these channels? rows: one for each that may, ord tells which. The
 * question is freed by done. */
struct authorise_ask {
	struct hub *hub;
	void *ctx;
	void (*done)(struct authorise_ask *ask, enum es_code rc,
	    const struct sync_channel rows[], size_t n_rows, const struct es_err *err);
	size_t n;
	struct authorise_item {
		struct sync_right right;
		struct conn_ref conn;
		uint64_t ticket;
		int64_t head_before; /* of the log when asked; -1: no log */
	} items[];
};

/* The heads of these channels, at most HEADS_MAX. heads[i] is -1 for a channel that does
 * not exist. The question is one allocation, freed by done. */
struct heads_ask {
	struct hub *hub;
	size_t n;
	struct tenant_id *tenants;
	struct channel_id *channels;
	struct heads_before {
		int64_t head;
		uint64_t generation;
	} * before; /* as the question was asked */
	void (*done)(struct heads_ask *ask, enum es_code rc, const int64_t heads[]);
};

/* The acl versions of these tenants, in order; -1 for one that does not exist. The
 * question is freed by done. */
struct acl_ask {
	struct hub *hub;
	size_t n;
	struct tenant_id *tenants;
	void (*done)(struct acl_ask *ask, enum es_code rc, const int64_t versions[]);
};

/* Each question: false when it can't be asked now (then done is not called and the caller
 * keeps the question); otherwise done is called exactly once, never from inside. */
struct hub_io {
	void *ctx;
	void (*topic)(void *ctx, const char *topic, bool wanted);
	void (*publish)(void *ctx, const char *topic, const char *data, size_t len);
	bool (*authorise)(void *ctx, struct authorise_ask *ask);
	bool (*page)(void *ctx, struct page_ask *ask);
	bool (*heads)(void *ctx, struct heads_ask *ask);
	bool (*acl)(void *ctx, struct acl_ask *ask);
	/* The rights of a tenant's users have changed: look the users of its connections
	 * up again and close those that may no longer be here. */
	void (*revalidate)(void *ctx, const struct tenant_id *tenant);
	/* Those of one user have: its connections are looked up first. */
	void (*revalidate_user)(
	    void *ctx, const struct tenant_id *tenant, const struct user_id *user);
	/* This connection was let in by an answer older than what is known. */
	void (*revalidate_conn)(void *ctx, struct conn *c);
	/* A subscribe of this connection was refused with not_found. The callee may
	 * decide to close the connection. */
	void (*refused)(void *ctx, struct conn *c);
};

#endif
