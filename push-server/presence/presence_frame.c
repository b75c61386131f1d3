/* The frames of presence: a change to whom it concerns, a snapshot to one reader. */
#include <string.h>

#include "core/check.h"
#include "presence/presence_private.h"
#include "wire/event_frame.h"
#include "json/json_write.h"

#include "core/banned.h"

#define SNAPSHOT_MAX (60UL * 1024) /* one frame */

/* Who was told of itself by its snapshot does not hear it again. */
static void
presence_frame_tell(
    struct presence_conn *d, const struct person *person, const char *json, size_t len)
{
	const bool self = strcmp(d->conn->user.text, person->user.text) == 0;

	if (d->wants_snapshot || (self && d->self_told == person->seen))
		return;
	if (self)
		d->self_told = person->seen;
	IGNORE(conn_lossy_frame(d->conn, json, len));
}

void
presence_tell(struct room *room, const struct person *person)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct event_frame frame =
	    event_frame_presence(&person->user, presence_name(person->seen), buf);
	size_t len;
	const char *json = event_frame_json(&frame, &len);

	metrics_add(room->presence->env->metrics, PM_PRESENCE_CHANGES, 1);
	if (!room->large)
		for (struct list *l = room->devices.next; l != &room->devices;
		     l = l->next)
			presence_frame_tell(LIST_ITEM(l, struct presence_conn, of_room),
			    person, json, len);
	else
		for (struct list *l = person->watches.next; l != &person->watches;
		     l = l->next)
			presence_frame_tell(LIST_ITEM(l, struct watch, of_person)->device,
			    person, json, len);
}

static void
presence_frame_put_status(
    struct json_write *w, const struct user_id *user, enum presence_status status)
{
	jw_object(w, NULL);
	jw_string(w, "userId", user->text);
	jw_string(w, "status", presence_name(status));
	jw_object_end(w);
}

static void
presence_frame_put(struct json_write *w, const struct person *person)
{
	presence_frame_put_status(w, &person->user, person->seen);
}

/* Its own user may be on its way to Redis still. */
static void
presence_frame_put_self(struct json_write *w, struct presence_conn *d)
{
	const struct user_id *user = &d->conn->user;
	const struct person *person = person_find(d->room, user);

	d->self_told = users_status(d);
	if (person != NULL && person->seen != PRESENCE_OFFLINE)
		d->self_told = person->seen; /* is put with the others */
	else if (d->self_told != PRESENCE_OFFLINE)
		presence_frame_put_status(w, user, d->self_told);
}

/* Small rooms: who is not offline. Large ones: who is watched, offline or not. */
static void
presence_frame_put_all(struct json_write *w, struct presence_conn *d)
{
	struct table_node *node = NULL;

	if (!d->room->large)
		presence_frame_put_self(w, d);
	for (struct list *l = d->watches.next; l != &d->watches; l = l->next) {
		const struct person *person =
		    LIST_ITEM(l, struct watch, of_device)->person;

		if (d->room->large || person->seen == PRESENCE_OFFLINE)
			presence_frame_put(w, person);
	}
	while (!d->room->large && (node = table_next(&d->room->people, node)) != NULL) {
		const struct person *person = ES_CONTAINER(node, struct person, node);

		if (person->seen != PRESENCE_OFFLINE)
			presence_frame_put(w, person);
	}
}

void
presence_snapshot(struct presence_conn *d)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text text;

	text_init(&text, a, SNAPSHOT_MAX);
	jw_init(&w, &text);
	jw_object(&w, NULL);
	jw_string(&w, "type", "presence_snapshot");
	jw_object(&w, "payload");
	jw_array(&w, "users");
	presence_frame_put_all(&w, d);
	jw_array_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	d->wants_snapshot = false;
	/* What waits is older than this. */
	if (!text.overflow)
		conn_queue_frame(d->conn, text.data, text.len);
	arena_free(&a);
}
