/* The two halves of presence: users (what this worker tells Redis of its own connections)
 * and rooms (what Redis tells of everybody, tenant by tenant). */
#ifndef PUSH_PRESENCE_PRIVATE_H
#define PUSH_PRESENCE_PRIVATE_H

#include "conn/conn_write.h"
#include "core/list.h"
#include "core/table.h"
#include "env/odd_message.h"
#include "presence/presence.h"

#define PRESENCE_LEASE_MS 5000  /* renewed, swept and looked through this often */
#define PRESENCE_SETS     200   /* users told to Redis in one tick */
#define PRESENCE_SMALL    400   /* at or below: everybody hears of everybody again */
#define PRESENCE_LARGE    500   /* above: only who was asked for */
#define PRESENCE_FLUSH_MS 500   /* changes of a room are collected for */
#define PRESENCE_AGAIN_MS 60000 /* a room is compared with Redis this often */

/* A connection, as a device of its user and as a reader in its tenant's room. */
struct presence_conn {
	struct conn *conn;
	struct presence_user *user;
	struct list of_user;
	bool chosen; /* status is what the client asked for; else by activity */
	enum presence_status status;
	struct room *room;
	struct list of_room;
	bool wants_snapshot;
	enum presence_status self_told; /* of its own user, what it was told last */
	struct list watches;            /* of struct watch, of_device */
	unsigned n_watches;
};

struct presence {
	struct loop_env *env;
	struct conns *conns;
	struct presence_limits limits;
	struct presence_io io;
	struct table users;
	struct list dirty;   /* users whose status is to be told */
	struct list leaving; /* users without connection, oldest first */
	struct table rooms;
	struct list all_rooms;
	uint64_t last_generation;
	int64_t lease_ms; /* next */
	struct odd_messages odd;
	bool newcomers; /* rooms_turn has something to do */
};

/* presence_users.c */
void users_join(struct presence *p, struct presence_conn *d);
void users_leave(struct presence *p, struct presence_conn *d);
/* What this worker says of the device's user. */
enum presence_status users_status(const struct presence_conn *d);
void users_choose(
    struct presence *p, struct presence_conn *d, enum presence_status status);
/* Look at all: idle ones, and what Redis has not got. */
void users_scan(struct presence *p);
/* Redis has forgotten: tell everything again. */
void users_tell_again(struct presence *p);
/* Tell Redis what has changed; bounded. */
void users_tell(struct presence *p);
void users_tick(struct presence *p);
void users_fini(struct presence *p);

/* presence_room.c */
void rooms_join(struct presence *p, struct presence_conn *d);
void rooms_leave(struct presence *p, struct presence_conn *d);
struct room *room_find(struct presence *p, const struct tenant_id *tenant);
void room_message(struct room *room, const char *data, size_t len);
/* Ask Redis for the whole room. */
void room_list(struct room *room);
void rooms_list_all(struct presence *p);
/* New rooms are listed, new readers get their snapshot. */
void rooms_turn(struct presence *p);
void rooms_tick(struct presence *p);

/* presence_watch.c: one edge between a reader and a person. */
struct person {
	struct table_node node;
	struct user_id user;
	enum presence_status seen, told;
	uint64_t heard;      /* room->asks when the topic last spoke of it */
	struct list changed; /* on room->changed */
	struct list watches; /* of struct watch, of_person */
};

struct watch {
	struct list of_person, of_device;
	struct person *person;
	struct presence_conn *device;
};

struct room {
	struct table_node node;
	struct list all; /* on presence->all_rooms */
	struct presence *presence;
	struct tenant_id tenant;
	uint64_t generation;
	uint64_t asks;  /* questions put to Redis so far */
	uint64_t asked; /* the number of the list under way, with asking */
	struct list devices;
	unsigned n_devices;
	struct table people; /* who is not offline (small room), or is watched */
	unsigned n_present;
	struct list changed;
	bool large, listed, asking;
	int64_t flush_ms, again_ms;
};

/* Answers and topic come over two connections: what the topic has said since question
 * number `asked` is as young as its answer or younger. */
bool person_heard_since(const struct person *person, uint64_t asked);
struct person *person_find(struct room *room, const struct user_id *user);
struct person *person_get(struct room *room, const struct user_id *user);
void person_see(struct room *room, struct person *person, enum presence_status status);
/* Nobody needs to know of it any more? Then it is gone. */
void person_drop_idle(struct room *room, struct person *person);

void watch_clear(struct presence_conn *d);
/* Ask Redis how those are that somebody watches, e.g. after a loss. */
void watch_refresh(struct room *room);

/* presence_frame.c */
void presence_tell(struct room *room, const struct person *person);
void presence_snapshot(struct presence_conn *d);

#endif
