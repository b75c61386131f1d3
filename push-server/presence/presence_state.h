/* The fields of presence, for the files of this room. Presence has two halves: users
 * (what this worker tells Redis of its own connections) and tenants (what Redis tells of
 * all users, tenant by tenant). */
#ifndef PUSH_PRESENCE_STATE_H
#define PUSH_PRESENCE_STATE_H

#include "core/list.h"
#include "core/table.h"
#include "env/odd_message.h"
#include "presence/presence.h"

#define PRESENCE_LEASE_MS 5000  /* the worker's lease is renewed this often */
#define PRESENCE_SMALL    400   /* at or below: every change goes to everybody again */
#define PRESENCE_LARGE    500   /* above: a change goes to those that asked for it */
#define PRESENCE_FLUSH_MS 500   /* changes of a tenant are collected for */
#define PRESENCE_AGAIN_MS 60000 /* a tenant is compared with Redis this often */

struct presence {
	struct loop_env *env;
	struct conns *conns;
	struct presence_limits limits;
	struct presence_io io;
	struct table users;
	struct list all_users; /* the longest not looked at first */
	struct list dirty;     /* users whose status is to be told */
	struct list leaving;   /* users without connection, oldest first */
	struct table tenants;
	struct list all_tenants;
	struct list to_list;   /* tenants to be listed at the end of this turn */
	struct list snapshots; /* readers to get a snapshot at the end of this turn */
	struct list late;      /* readers to get one later, the earliest first */
	uint64_t last_generation, last_stamp;
	int64_t lease_ms; /* next */
	struct odd_messages odd;
	uint64_t steps; /* readers, users and watches looked at, for tests of the cost */
};

/* A connection: it counts for the status of its user, and it reads its tenant's changes.
 */
struct presence_conn {
	struct conn *conn;
	struct presence_user *user;
	struct list of_user;
	bool chosen; /* status is what the client asked for; else by activity */
	enum presence_status status;
	struct presence_tenant *pt;
	struct list of_tenant;
	struct list
	    snapshot; /* on presence->snapshots, ->late or pt->unlisted: wants one */
	int64_t snapshot_ms;            /* when it is due, on ->late */
	enum presence_status self_told; /* of its own user, what it was told last */
	struct list watches;            /* of struct presence_watch, of_conn */
	unsigned n_watches;
};

/* The status of one user, as this worker has heard it from Redis and told it. */
struct presence_person {
	struct table_node node;
	struct user_id user;
	enum presence_status seen, told;
	uint64_t heard;      /* pt->asks when the topic last spoke of it */
	uint64_t stamp;      /* of the frame that named it last */
	struct list changed; /* on pt->changed */
	struct list watches; /* of struct presence_watch, of_person */
};

/* One edge between a reader and a person. */
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
	uint64_t asks;  /* questions put to Redis so far */
	uint64_t asked; /* the number of the list under way, with asking */
	struct list conns;
	unsigned n_conns;
	struct table
	    people; /* small: those not offline, and the watched; large: the watched */
	unsigned n_present;
	struct list changed;
	struct list unlisted; /* readers that want a snapshot once Redis has listed it */
	bool large, listed, asking;
	int64_t flush_ms, again_ms;
};

#endif
