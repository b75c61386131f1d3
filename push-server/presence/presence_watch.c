#include "presence/presence_watch.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "presence/presence_frame.h"
#include "presence/presence_person.h"
#include "presence/presence_tenant.h"

#include "core/banned.h"

static void
presence_watch_free(struct presence_watch *w, struct presence_tenant *pt)
{
	list_del(&w->of_person);
	list_del(&w->of_conn);
	presence_person_drop_idle(pt, w->person);
	free(w);
}

void
presence_watch_clear(struct presence_conn *pc)
{
	struct list *l;

	while ((l = list_pop(&pc->watches)) != NULL)
		presence_watch_free(LIST_ITEM(l, struct presence_watch, of_conn), pc->pt);
	pc->n_watches = 0;
}

/* A question to Redis for the statuses of users; the answer has the order of users[]. */
struct seen_query {
	struct presence *presence;
	struct tenant_id tenant;
	uint64_t generation;
	uint64_t asked; /* number of this question among the tenant's questions */
	/* the connection that gets a snapshot; generation 0: none */
	struct conn_ref reader;
	size_t n;
	struct user_id users[PRESENCE_WATCH_MAX];
};

static void
presence_watch_take(struct presence_tenant *pt, const struct seen_query *q,
    const struct redis_value *v, bool has_snapshot)
{
	for (size_t i = 0; i < q->n && i < v->n; i++) {
		struct presence_person *person = presence_person_find(pt, &q->users[i]);
		enum presence_status status;

		if (person == NULL || presence_person_named_since(person, q->asked))
			continue;
		if (v->items[i].kind != REDIS_STRING ||
		    !presence_parse(v->items[i].str, &status))
			status = PRESENCE_OFFLINE;
		presence_person_see(pt, person, status);
		/* The only watcher receives this status with its snapshot. */
		if (has_snapshot && person->watches.next->next == &person->watches)
			person->sent = status;
	}
}

/* Redis did not answer. A snapshot now would show the people as offline, so the client
 * waits on pt->unlisted. The next tick asks for the list of the tenant, and then for the
 * watched people. */
static void
presence_watch_unanswered(struct presence_tenant *pt, struct presence_conn *pc)
{
	if (pc != NULL && list_empty(&pc->snapshot))
		list_add_tail(&pt->unlisted, &pc->snapshot);
	pt->listed = false;
	pt->again_ms = 0;
}

static void
presence_watch_on_seen(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct seen_query *q = ctx;
	struct presence_tenant *pt = presence_tenant_find(q->presence, &q->tenant);
	struct conn *c =
	    q->reader.generation == 0 ? NULL : conn_get(q->presence->conns, q->reader);
	struct presence_conn *pc = c == NULL ? NULL : c->presence;

	(void)err;
	if (pt != NULL && pt->generation == q->generation) {
		if (rc != ES_OK || v->kind != REDIS_ARRAY) {
			presence_watch_unanswered(pt, pc);
		} else {
			presence_watch_take(pt, q, v, pc != NULL);
			if (pc != NULL)
				presence_frame_want(pc);
		}
	}
	free(q);
}

/* Returns true when the question is sent; its answer then frees q. */
static bool
presence_watch_ask(struct presence_tenant *pt, struct seen_query *q)
{
	struct presence *p = pt->presence;
	struct redis_arg argv[PRESENCE_WATCH_MAX + 2];
	char key[PRESENCE_KEY_MAX];

	presence_tenant_key(&pt->tenant, key);
	argv[0] = (struct redis_arg){"HMGET", 5};
	argv[1] = (struct redis_arg){key, strlen(key)};
	for (size_t i = 0; i < q->n; i++)
		argv[2 + i] = (struct redis_arg){q->users[i].text, ES_UUID_TEXT - 1};
	q->asked = ++pt->asks;
	return p->io.redis(p->io.ctx, NULL, q->n + 2, argv, presence_watch_on_seen, q);
}

static struct seen_query *
presence_watch_query_new(struct presence_tenant *pt)
{
	struct seen_query *q = mem_new(1, sizeof(*q));

	q->presence = pt->presence;
	q->tenant = pt->tenant;
	q->generation = pt->generation;
	return q;
}

static void
presence_watch_ask_or_free(struct presence_tenant *pt, struct seen_query *q)
{
	if (q->n > 0 && presence_watch_ask(pt, q))
		return;
	if (q->n > 0)
		pt->again_ms = 0; /* Redis can't be asked now: the next tick asks again */
	free(q);
}

void
presence_watch_refresh(struct presence_tenant *pt)
{
	struct seen_query *q = presence_watch_query_new(pt);
	struct table_node *node = NULL;

	while ((node = table_next(&pt->people, node)) != NULL) {
		if (q->n == PRESENCE_WATCH_MAX) {
			presence_watch_ask_or_free(pt, q);
			q = presence_watch_query_new(pt);
		}
		q->users[q->n++] = ES_CONTAINER(node, struct presence_person, node)->user;
	}
	presence_watch_ask_or_free(pt, q);
}

static void
presence_watch_add(struct presence_conn *pc, struct presence_person *person)
{
	struct presence_watch *w = mem_new(1, sizeof(*w));

	w->person = person;
	w->conn = pc;
	list_init(&w->of_person);
	list_init(&w->of_conn);
	list_add_tail(&person->watches, &w->of_person);
	list_add_tail(&pc->watches, &w->of_conn);
	pc->n_watches++;
}

/* Adds the new watches before it frees the old ones, so that a person on both lists is
 * not dropped in between. The stamp shows whether the frame has named the person before,
 * at a cost that does not depend on the number of watchers. */
static void
presence_watch_replace(struct presence_conn *pc, const struct user_id users[], size_t n)
{
	struct presence *p = pc->pt->presence;
	const uint64_t stamp = ++p->last_stamp;
	struct list old, *gone;

	list_init(&old);
	list_splice_tail(&old, &pc->watches);
	pc->n_watches = 0;
	for (size_t i = 0; i < n; i++) {
		struct presence_person *person = presence_person_get(pc->pt, &users[i]);

		p->steps++;
		if (person->stamp == stamp)
			continue; /* the frame names the person twice */
		person->stamp = stamp;
		presence_watch_add(pc, person);
	}
	while ((gone = list_pop(&old)) != NULL)
		presence_watch_free(
		    LIST_ITEM(gone, struct presence_watch, of_conn), pc->pt);
}

void
presence_watch(struct presence *p, struct conn *c, const struct user_id users[], size_t n)
{
	struct presence_conn *pc = c->presence;
	struct seen_query *q;

	(void)p;
	CHECK(n <= PRESENCE_WATCH_MAX);
	presence_watch_replace(pc, users, n);
	if (!pc->pt->large || n == 0) {
		presence_frame_want(pc);
		return;
	}
	q = presence_watch_query_new(pc->pt);
	q->reader = c->ref;
	q->n = n;
	memcpy(q->users, users, n * sizeof(*users));
	if (presence_watch_ask(pc->pt, q))
		return;
	free(q);
	presence_watch_unanswered(pc->pt, pc);
}
