/* What is seen of a tenant's users: the whole room while it is small, those who are
 * watched when it is large; kept by the tenant's topic, compared with Redis now and then.
 */
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "event/event.h"
#include "presence/presence_private.h"
#include "json/json_bind.h"

#include "core/banned.h"

static bool
presence_tenant_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct room, node)->tenant, key,
		   sizeof(struct tenant_id)) == 0;
}

struct room *
room_find(struct presence *p, const struct tenant_id *tenant)
{
	struct table_node *node = table_find(
	    &p->rooms, keyed_hash(tenant, sizeof(*tenant)), presence_tenant_same, tenant);

	return node == NULL ? NULL : ES_CONTAINER(node, struct room, node);
}

static struct room *
presence_tenant_room_new(struct presence *p, const struct tenant_id *tenant)
{
	struct room *room = mem_new(1, sizeof(*room));
	char topic[ES_TOPIC_MAX];

	room->presence = p;
	room->tenant = *tenant;
	room->generation = ++p->last_generation;
	list_init(&room->devices);
	list_init(&room->changed);
	table_init(&room->people);
	table_add(&p->rooms, &room->node, keyed_hash(tenant, sizeof(*tenant)));
	list_init(&room->all);
	list_add_tail(&p->all_rooms, &room->all);
	topic_presence(tenant, topic);
	p->io.topic(p->io.ctx, topic, true);
	return room;
}

static void
presence_tenant_room_free(struct room *room)
{
	struct presence *p = room->presence;
	struct table_node *node;
	char topic[ES_TOPIC_MAX];

	topic_presence(&room->tenant, topic);
	p->io.topic(p->io.ctx, topic, false);
	while ((node = table_next(&room->people, NULL)) != NULL) {
		table_remove(&room->people, node);
		free(ES_CONTAINER(node, struct person, node));
	}
	table_remove(&p->rooms, &room->node);
	list_del(&room->all);
	free(room);
}

void
rooms_join(struct presence *p, struct presence_conn *d)
{
	struct room *room = room_find(p, &d->conn->tenant);

	if (room == NULL)
		room = presence_tenant_room_new(p, &d->conn->tenant);
	d->room = room;
	list_add_tail(&room->devices, &d->of_room);
	room->n_devices++;
	d->wants_snapshot = true; /* follows hello at the end of the turn, or the list */
	p->newcomers = true;
}

void
rooms_leave(struct presence *p, struct presence_conn *d)
{
	struct room *room = d->room;

	(void)p;
	watch_clear(d);
	list_del(&d->of_room);
	if (--room->n_devices == 0)
		presence_tenant_room_free(room);
}

static bool
presence_tenant_same_person(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct person, node)->user, key,
		   sizeof(struct user_id)) == 0;
}

struct person *
person_find(struct room *room, const struct user_id *user)
{
	struct table_node *node = table_find(&room->people,
	    keyed_hash(user, sizeof(*user)), presence_tenant_same_person, user);

	return node == NULL ? NULL : ES_CONTAINER(node, struct person, node);
}

struct person *
person_get(struct room *room, const struct user_id *user)
{
	struct person *person = person_find(room, user);

	if (person != NULL)
		return person;
	person = mem_new(1, sizeof(*person));
	person->user = *user;
	list_init(&person->changed);
	list_init(&person->watches);
	table_add(&room->people, &person->node, keyed_hash(user, sizeof(*user)));
	return person;
}

void
person_see(struct room *room, struct person *person, enum presence_status status)
{
	if (status == person->seen)
		return;
	if (person->seen == PRESENCE_OFFLINE)
		room->n_present++;
	else if (status == PRESENCE_OFFLINE)
		room->n_present--;
	person->seen = status;
	if (list_empty(&person->changed))
		list_add_tail(&room->changed, &person->changed);
}

void
person_drop_idle(struct room *room, struct person *person)
{
	if (!list_empty(&person->watches) || !list_empty(&person->changed))
		return;
	if (!room->large && person->seen != PRESENCE_OFFLINE)
		return;
	if (room->asking && person_heard_since(person, room->asked))
		return; /* the list under way may know less */
	if (person->seen != PRESENCE_OFFLINE)
		room->n_present--;
	table_remove(&room->people, &person->node);
	free(person);
}

/* Too many to tell everybody of everybody: forget whom nobody watches. */
static void
presence_tenant_enlarge(struct room *room)
{
	struct table_node *node = table_next(&room->people, NULL);

	room->large = true;
	while (node != NULL) {
		struct person *person = ES_CONTAINER(node, struct person, node);

		node = table_next(&room->people, node);
		if (list_empty(&person->watches))
			list_del(&person->changed);
		person_drop_idle(room, person);
	}
}

struct change_in {
	const char *userId, *status;
};

static const struct json_field change_fields[] = {
    JSON_FIELD(struct change_in, userId, JSON_UUID, true, 0, ES_UUID_TEXT),
    JSON_FIELD(struct change_in, status, JSON_STRING, true, 1, 16),
};

void
room_message(struct room *room, const char *data, size_t len)
{
	struct arena *a = arena_new();
	struct change_in in = {0};
	struct user_id user = {{0}};
	enum presence_status status;
	struct person *person;
	struct es_err err;

	if (json_bind(data, len, change_fields, ES_COUNT(change_fields),
		JSON_IGNORE_UNKNOWN, a, &in, &err) == ES_OK &&
	    user_id_parse(in.userId, &user, &err) == ES_OK &&
	    presence_parse(in.status, &status)) {
		person = room->large ? person_find(room, &user) : person_get(room, &user);
		if (person != NULL) {
			person->heard = room->asks;
			person_see(room, person, status);
			person_drop_idle(room, person);
		}
		if (!room->large && room->n_present > PRESENCE_LARGE)
			presence_tenant_enlarge(room);
	} else {
		odd_message_seen(&room->presence->odd, room->presence->env,
		    "presence of a tenant", "no change of a user's presence");
	}
	arena_free(&a);
}

bool
person_heard_since(const struct person *person, uint64_t asked)
{
	return person->heard >= asked;
}

/* Who is not in the list is offline. */
static void
presence_tenant_take_list(struct room *room, const struct redis_value *v)
{
	struct table listed = room->people;
	struct table_node *node;
	struct es_err err;

	table_init(&room->people);
	room->n_present = 0;
	for (size_t i = 0; i + 1 < v->n; i += 2) {
		struct user_id user = {{0}};
		enum presence_status status;
		struct person *person;

		if (v->items[i].kind != REDIS_STRING ||
		    v->items[i + 1].kind != REDIS_STRING ||
		    user_id_parse(v->items[i].str, &user, &err) != ES_OK ||
		    !presence_parse(v->items[i + 1].str, &status))
			continue;
		node = table_find(&listed, keyed_hash(&user, sizeof(user)),
		    presence_tenant_same_person, &user);
		if (node != NULL) {
			table_remove(&listed, node);
			table_add(&room->people, node, node->hash);
			if (ES_CONTAINER(node, struct person, node)->seen !=
			    PRESENCE_OFFLINE)
				room->n_present++;
		}
		person = person_get(room, &user);
		if (person_heard_since(person, room->asked)) {
			person_drop_idle(room, person);
			continue;
		}
		person_see(room, person, status);
		if (!room->listed)
			person->told = status; /* the snapshot says it */
	}
	while ((node = table_next(&listed, NULL)) != NULL) {
		struct person *person = ES_CONTAINER(node, struct person, node);

		table_remove(&listed, node);
		table_add(&room->people, node, node->hash);
		if (person->seen != PRESENCE_OFFLINE)
			room->n_present++;
		if (!person_heard_since(person, room->asked))
			person_see(room, person, PRESENCE_OFFLINE);
		person_drop_idle(room, person);
	}
}

/* The room that was asked about may be gone. */
struct list_query {
	struct presence *presence;
	struct tenant_id tenant;
	uint64_t generation;
};

static void
presence_tenant_on_list(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct list_query *q = ctx;
	struct room *room = room_find(q->presence, &q->tenant);
	const bool was_large = room != NULL && room->large;

	(void)err;
	if (room != NULL && room->generation == q->generation) {
		room->asking = false;
		if (rc == ES_OK && v->kind == REDIS_ARRAY) {
			room->large = false;
			presence_tenant_take_list(room, v);
			room->listed = true;
			room->presence->newcomers = true;
			for (struct list *l = room->devices.next;
			     was_large && l != &room->devices; l = l->next)
				LIST_ITEM(l, struct presence_conn, of_room)
				    ->wants_snapshot = true;
		} else if (rc == ES_OK) {
			if (!room->large)
				presence_tenant_enlarge(room);
			room->listed = true;
			room->presence->newcomers = true;
			watch_refresh(room);
		} else {
			room->again_ms = 0;
		}
	}
	free(q);
}

void
room_list(struct room *room)
{
	struct presence *p = room->presence;
	struct presence_call call;
	struct list_query *q;

	if (room->asking)
		return;
	q = mem_new(1, sizeof(*q));
	*q = (struct list_query){room->presence, room->tenant, room->generation};
	presence_list_call(
	    &call, &room->tenant, room->large ? PRESENCE_SMALL : PRESENCE_LARGE);
	if (!p->io.redis(p->io.ctx, call.script, call.argc, call.argv,
		presence_tenant_on_list, q)) {
		free(q);
		return;
	}
	room->asking = true;
	room->asked = ++room->asks;
	room->again_ms = p->env->now_ms + PRESENCE_AGAIN_MS;
}

void
rooms_list_all(struct presence *p)
{
	for (struct list *l = p->all_rooms.next; l != &p->all_rooms; l = l->next)
		room_list(LIST_ITEM(l, struct room, all));
}

static void
presence_tenant_flush(struct room *room)
{
	while (!list_empty(&room->changed)) {
		struct person *person =
		    LIST_ITEM(room->changed.next, struct person, changed);

		list_del(&person->changed);
		if (person->seen != person->told) {
			presence_tell(room, person);
			person->told = person->seen;
		}
		person_drop_idle(room, person);
	}
}

/* The newest readers are last. */
static void
presence_tenant_send_snapshots(struct room *room)
{
	for (struct list *l = room->devices.prev; l != &room->devices; l = l->prev) {
		struct presence_conn *d = LIST_ITEM(l, struct presence_conn, of_room);

		if (d->wants_snapshot)
			presence_snapshot(d);
	}
}

void
rooms_turn(struct presence *p)
{
	if (!p->newcomers)
		return;
	p->newcomers = false;
	for (struct list *l = p->all_rooms.next; l != &p->all_rooms; l = l->next) {
		struct room *room = LIST_ITEM(l, struct room, all);

		if (room->again_ms == 0)
			room_list(room);
		if (room->listed)
			presence_tenant_send_snapshots(room);
	}
}

void
rooms_tick(struct presence *p)
{
	const int64_t now_ms = p->env->now_ms;

	for (struct list *l = p->all_rooms.next; l != &p->all_rooms; l = l->next) {
		struct room *room = LIST_ITEM(l, struct room, all);

		if (now_ms >= room->again_ms)
			room_list(room);
		if (room->listed && now_ms >= room->flush_ms) {
			presence_tenant_flush(room);
			room->flush_ms = now_ms + PRESENCE_FLUSH_MS;
		}
	}
}
