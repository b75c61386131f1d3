#include "presence/presence_frame.h"

#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"
#include "presence/presence_person.h"
#include "presence/presence_users.h"
#include "wire/event_frame.h"
#include "wire/frame_text.h"
#include "json/json_write.h"

#include "core/banned.h"

#define FRAME_BYTES (60UL * 1024) /* 500 users take 36 KiB */

void
presence_frame_want(struct presence_conn *pc)
{
	list_move_tail(&pc->pt->presence->snapshots, &pc->snapshot);
}

static bool
presence_frame_waits(const struct presence_conn *pc)
{
	return !list_empty(&pc->snapshot);
}

/* Sends a snapshot after a delay to a client that missed a change because its buffer was
 * full. The snapshot also covers the changes during the delay. */
static void
presence_frame_want_later(struct presence_conn *pc)
{
	struct presence *p = pc->pt->presence;

	pc->snapshot_ms = p->env->now_ms + PRESENCE_SNAPSHOT_MS;
	list_move_tail(&p->late, &pc->snapshot);
}

/* Sends a change to one client. Does nothing if the client waits for a snapshot, which
 * will contain the change, or if person is the client's own user and the client has
 * already received this status. */
static void
presence_frame_send(struct presence_conn *pc, const struct presence_person *person,
    const char *json, size_t len)
{
	const bool self = strcmp(pc->conn->user.text, person->user.text) == 0;

	pc->pt->presence->steps++;
	if (presence_frame_waits(pc) || (self && pc->self_sent == person->seen))
		return;
	if (self)
		pc->self_sent = person->seen;
	if (pc->conn->state == CONN_OPEN && !conn_lossy_frame(pc->conn, json, len))
		presence_frame_want_later(pc);
}

void
presence_frame_change(struct presence_tenant *pt, const struct presence_person *person)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct event_frame frame =
	    event_frame_presence(&person->user, presence_name(person->seen), buf);
	size_t len;
	const char *json = event_frame_json(&frame, &len);

	metrics_add(pt->presence->env->metrics, PM_PRESENCE_CHANGES, 1);
	if (!pt->large)
		for (struct list *l = pt->conns.next; l != &pt->conns; l = l->next)
			presence_frame_send(LIST_ITEM(l, struct presence_conn, of_tenant),
			    person, json, len);
	else
		for (struct list *l = person->watches.next; l != &person->watches;
		     l = l->next)
			presence_frame_send(
			    LIST_ITEM(l, struct presence_watch, of_person)->conn, person,
			    json, len);
}

/* A snapshot while it is built. */
struct snapshot {
	struct presence_conn *pc;
	struct arena *arena;
	struct json_write json;
	struct text text;
	unsigned n;    /* users in this frame so far */
	unsigned part; /* number of this frame, from 1 */
};

static void
presence_frame_begin(struct snapshot *s)
{
	s->arena = arena_new();
	s->n = 0;
	s->part++;
	text_init(&s->text, s->arena, FRAME_BYTES);
	jw_init(&s->json, &s->text);
	jw_object(&s->json, NULL);
	jw_string(&s->json, "type", "presence_snapshot");
	jw_object(&s->json, "payload");
	jw_array(&s->json, "users");
}

/* The fields `part` and `more` appear only in a snapshot of several frames. */
static void
presence_frame_end(struct snapshot *s, bool more)
{
	jw_array_end(&s->json);
	if (more || s->part > 1) {
		jw_int(&s->json, "part", s->part);
		jw_bool(&s->json, "more", more);
	}
	jw_object_end(&s->json);
	jw_object_end(&s->json);
	CHECK(!s->text.overflow);
	conn_queue_frame(s->pc->conn, s->text.data, s->text.len);
	arena_free(&s->arena);
}

static void
presence_frame_put(
    struct snapshot *s, const struct user_id *user, enum presence_status status)
{
	if (s->n == PRESENCE_FRAME_USERS) {
		presence_frame_end(s, true);
		presence_frame_begin(s);
	}
	s->n++;
	s->pc->pt->presence->steps++;
	jw_object(&s->json, NULL);
	jw_string(&s->json, "userId", user->text);
	jw_string(&s->json, "status", presence_name(status));
	jw_object_end(&s->json);
}

/* Adds the client's own user, whose status may not have come back from Redis yet. */
static void
presence_frame_put_self(struct snapshot *s)
{
	struct presence_conn *pc = s->pc;
	const struct user_id *user = &pc->conn->user;
	const struct presence_person *person = presence_person_find(pc->pt, user);

	pc->self_sent = presence_users_status(pc);
	if (person != NULL && person->seen != PRESENCE_OFFLINE)
		pc->self_sent = person->seen; /* the loop over pt->people adds the user */
	else if (pc->self_sent != PRESENCE_OFFLINE)
		presence_frame_put(s, user, pc->self_sent);
}

/* In a small tenant: the users that are not offline, and the watched ones. In a large
 * tenant: only the watched ones. Watched users are listed even if they are offline. */
static void
presence_frame_put_all(struct snapshot *s)
{
	struct presence_conn *pc = s->pc;
	const bool large = pc->pt->large;
	struct table_node *node = NULL;

	if (!large)
		presence_frame_put_self(s);
	for (struct list *l = pc->watches.next; l != &pc->watches; l = l->next) {
		const struct presence_person *person =
		    LIST_ITEM(l, struct presence_watch, of_conn)->person;

		if (large || person->seen == PRESENCE_OFFLINE)
			presence_frame_put(s, &person->user, person->seen);
	}
	while (!large && (node = table_next(&pc->pt->people, node)) != NULL) {
		const struct presence_person *person =
		    ES_CONTAINER(node, struct presence_person, node);

		if (person->seen != PRESENCE_OFFLINE)
			presence_frame_put(s, &person->user, person->seen);
	}
}

/* Changes that wait in the connection's buffer are older than the snapshot. They are
 * dropped, because a client that applied them after the snapshot would keep an old status
 * for ever. */
static void
presence_frame_snapshot(struct presence_conn *pc)
{
	struct snapshot s = {.pc = pc};

	conn_lossy_clear(pc->conn);
	presence_frame_begin(&s);
	presence_frame_put_all(&s);
	presence_frame_end(&s, false);
}

/* If Redis has not listed the tenant yet, the snapshot waits on pt->unlisted. When the
 * list arrives, presence_tenant_listed() makes it due again. */
void
presence_frame_turn(struct presence *p)
{
	struct list *l;

	while ((l = list_pop(&p->snapshots)) != NULL) {
		struct presence_conn *pc = LIST_ITEM(l, struct presence_conn, snapshot);

		p->steps++;
		if (pc->pt->listed)
			presence_frame_snapshot(pc);
		else
			list_add_tail(&pc->pt->unlisted, &pc->snapshot);
	}
}

void
presence_frame_tick(struct presence *p)
{
	struct list *l;

	while ((l = list_first(&p->late)) != NULL) {
		struct presence_conn *pc = LIST_ITEM(l, struct presence_conn, snapshot);

		if (pc->snapshot_ms > p->env->now_ms)
			return;
		presence_frame_want(pc);
	}
}
