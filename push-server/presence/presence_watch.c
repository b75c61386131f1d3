/* Who wants to hear of whom: asked for by presence_watch, and what large rooms go by. */
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "presence/presence_private.h"

#include "core/banned.h"

static void
presence_watch_watch_free(struct watch *w, struct room *room)
{
	list_del(&w->of_person);
	list_del(&w->of_device);
	person_drop_idle(room, w->person);
	free(w);
}

void
watch_clear(struct presence_conn *d)
{
	struct list *l;

	while ((l = list_pop(&d->watches)) != NULL)
		presence_watch_watch_free(LIST_ITEM(l, struct watch, of_device), d->room);
	d->n_watches = 0;
}

static bool
presence_watch_watches(const struct person *person, const struct presence_conn *d)
{
	for (struct list *l = person->watches.next; l != &person->watches; l = l->next)
		if (LIST_ITEM(l, struct watch, of_person)->device == d)
			return true;
	return false;
}

/* What was asked about, in the order of the question. */
struct seen_query {
	struct presence *presence;
	struct tenant_id tenant;
	uint64_t generation;
	uint64_t asked;         /* its number among the room's questions */
	struct conn_ref reader; /* gets a snapshot; generation 0: nobody */
	size_t n;
	struct user_id users[PRESENCE_WATCH_MAX];
};

static void
presence_watch_take(
    struct room *room, const struct seen_query *q, const struct redis_value *v, bool told)
{
	for (size_t i = 0; i < q->n && i < v->n; i++) {
		struct person *person = person_find(room, &q->users[i]);
		enum presence_status status;

		if (person == NULL || person_heard_since(person, q->asked))
			continue;
		if (v->items[i].kind != REDIS_STRING ||
		    !presence_parse(v->items[i].str, &status))
			status = PRESENCE_OFFLINE;
		person_see(room, person, status);
		/* The first watcher hears it by its snapshot. */
		if (told && person->watches.next->next == &person->watches)
			person->told = status;
	}
}

static void
presence_watch_on_seen(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct seen_query *q = ctx;
	struct room *room = room_find(q->presence, &q->tenant);
	struct conn *c =
	    q->reader.generation == 0 ? NULL : conn_get(q->presence->conns, q->reader);

	(void)err;
	if (room != NULL && room->generation == q->generation) {
		if (rc == ES_OK && v->kind == REDIS_ARRAY)
			presence_watch_take(room, q, v, c != NULL);
		if (c != NULL && c->presence != NULL)
			presence_snapshot(c->presence);
	}
	free(q);
}

/* True when asked; q is the question's then. */
static bool
presence_watch_ask(struct room *room, struct seen_query *q)
{
	struct presence *p = room->presence;
	struct redis_arg argv[PRESENCE_WATCH_MAX + 2];
	char key[PRESENCE_KEY_MAX];

	presence_tenant_key(&room->tenant, key);
	argv[0] = (struct redis_arg){"HMGET", 5};
	argv[1] = (struct redis_arg){key, strlen(key)};
	for (size_t i = 0; i < q->n; i++)
		argv[2 + i] = (struct redis_arg){q->users[i].text, ES_UUID_TEXT - 1};
	q->asked = ++room->asks;
	return p->io.redis(p->io.ctx, NULL, q->n + 2, argv, presence_watch_on_seen, q);
}

static struct seen_query *
presence_watch_query_new(struct room *room)
{
	struct seen_query *q = mem_new(1, sizeof(*q));

	q->presence = room->presence;
	q->tenant = room->tenant;
	q->generation = room->generation;
	return q;
}

static void
presence_watch_send_off(struct room *room, struct seen_query *q)
{
	if (q->n == 0 || !presence_watch_ask(room, q))
		free(q);
}

void
watch_refresh(struct room *room)
{
	struct seen_query *q = presence_watch_query_new(room);
	struct table_node *node = NULL;

	while ((node = table_next(&room->people, node)) != NULL) {
		if (q->n == PRESENCE_WATCH_MAX) {
			presence_watch_send_off(room, q);
			q = presence_watch_query_new(room);
		}
		q->users[q->n++] = ES_CONTAINER(node, struct person, node)->user;
	}
	presence_watch_send_off(room, q);
}

/* The new list is put up before the old one goes, so that who is on both is not
 * forgotten. */
static void
presence_watch_replace(struct presence_conn *d, const struct user_id users[], size_t n)
{
	struct list old, *gone;

	list_init(&old);
	list_splice_tail(&old, &d->watches);
	for (struct list *l = old.next; l != &old; l = l->next)
		list_del(&LIST_ITEM(l, struct watch, of_device)->of_person);
	d->n_watches = 0;
	for (size_t i = 0; i < n; i++) {
		struct person *person = person_get(d->room, &users[i]);
		struct watch *w;

		if (presence_watch_watches(person, d))
			continue; /* named twice */
		w = mem_new(1, sizeof(*w));
		w->person = person;
		w->device = d;
		list_init(&w->of_person);
		list_init(&w->of_device);
		list_add_tail(&person->watches, &w->of_person);
		list_add_tail(&d->watches, &w->of_device);
		d->n_watches++;
	}
	while ((gone = list_pop(&old)) != NULL)
		presence_watch_watch_free(
		    LIST_ITEM(gone, struct watch, of_device), d->room);
}

void
presence_watch(struct presence *p, struct conn *c, const struct user_id users[], size_t n)
{
	struct presence_conn *d = c->presence;
	struct seen_query *q;

	CHECK(n <= PRESENCE_WATCH_MAX);
	presence_watch_replace(d, users, n);
	if (!d->room->large || n == 0) {
		d->wants_snapshot = p->newcomers = true;
		return;
	}
	q = presence_watch_query_new(d->room);
	q->reader = c->ref;
	q->n = n;
	memcpy(q->users, users, n * sizeof(*users));
	if (!presence_watch_ask(d->room, q))
		free(q);
}
