/* State that the files of presence/ share. Presence has two halves. presence_users.c
 * writes the statuses of this worker's users to Redis. presence_tenant.c reads the
 * statuses of all users of a tenant from Redis. */
#ifndef PUSH_PRESENCE_STATE_H
#define PUSH_PRESENCE_STATE_H

#include "core/list.h"
#include "core/table.h"
#include "env/unreadable_message.h"
#include "presence/presence.h"

#define PRESENCE_RENEW_MS 5000 /* interval between renewals of the worker's lease */
/* A large tenant becomes small when at most this many users are present. In a small
 * tenant every client receives every change. */
#define PRESENCE_SMALL 400
/* A tenant becomes large when more users are present. A client then receives only the
 * changes of users that it watches. */
#define PRESENCE_LARGE 500
/* interval between two deliveries of a tenant's changes */
#define PRESENCE_FLUSH_MS 500
/* interval between two comparisons of a tenant with Redis */
#define PRESENCE_AGAIN_MS 60000

struct presence {
	struct loop_env *env;
	struct conns *conns;
	struct presence_limits limits;
	struct presence_io io;
	struct table users;
	/* the user that was scanned the longest time ago is first */
	struct list all_users;
	struct list dirty;   /* users whose status must be written to Redis */
	struct list leaving; /* users without a connection, oldest first */
	struct table tenants;
	struct list all_tenants;
	/* tenants whose statuses must be asked for at the end of this turn */
	struct list to_list;
	/* presence_conn: a snapshot is due at the end of this turn */
	struct list snapshots;
	/* presence_conn: a snapshot is due later; earliest first */
	struct list late;
	uint64_t last_generation, last_stamp;
	int64_t lease_ms; /* time of the next renewal of the lease */
	struct unreadable_messages unreadable;
	/* counts visits of clients, users and watches, for tests of the cost */
	uint64_t steps;
};

/* Presence of one connection. The connection counts for the status of its user, and its
 * client receives the changes of the tenant. */
struct presence_conn {
	struct conn *conn;
	struct presence_user *user;
	struct list of_user;
	/* true: status is the client's choice; false: the status follows activity */
	bool chosen;
	enum presence_status status;
	struct presence_tenant *pt;
	struct list of_tenant;
	/* on presence->snapshots, presence->late or pt->unlisted while a snapshot is
	 * wanted */
	struct list snapshot;
	/* time at which the snapshot is due, while on presence->late */
	int64_t snapshot_ms;
	/* status of the client's own user that the client received last */
	enum presence_status self_sent;
	struct list watches; /* of struct presence_watch, linked by of_conn */
	unsigned n_watches;
};

/* The status of one user, as this worker received it from Redis and sent it to
 * clients. */
struct presence_person {
	struct table_node node;
	struct user_id user;
	enum presence_status seen; /* last received from Redis */
	enum presence_status sent; /* last sent to clients */
	uint64_t named_ask;        /* pt->asks when the topic last named this person */
	/* number of the last presence_watch frame that named this person */
	uint64_t stamp;
	struct list changed; /* on pt->changed */
	struct list watches; /* of struct presence_watch, linked by of_person */
};

/* One client watches one person. */
struct presence_watch {
	struct list of_person, of_conn;
	struct presence_person *person;
	struct presence_conn *conn;
};

struct presence_tenant {
	struct table_node node;
	struct list all;     /* on presence->all_tenants */
	struct list to_list; /* on presence->to_list */
	struct presence *presence;
	struct tenant_id tenant;
	uint64_t generation;
	uint64_t asks;  /* number of questions sent to Redis so far */
	uint64_t asked; /* number of the list question under way, while asking */
	struct list conns;
	unsigned n_conns;
	/* Small tenant: users that are not offline, and watched ones. Large tenant:
	 * watched users only. */
	struct table people;
	unsigned n_present;
	struct list changed;
	/* clients that get a snapshot when Redis has listed the tenant */
	struct list unlisted;
	bool large, listed, asking;
	int64_t flush_ms, again_ms;
};

#endif
