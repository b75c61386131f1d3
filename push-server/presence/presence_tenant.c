#include "presence/presence_tenant.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "event/event.h"
#include "presence/presence_frame.h"
#include "presence/presence_person.h"
#include "presence/presence_watch.h"
#include "json/json_bind.h"

#include "core/banned.h"

static bool
presence_tenant_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct presence_tenant, node)->tenant, key,
		   sizeof(struct tenant_id)) == 0;
}

struct presence_tenant *
presence_tenant_find(struct presence *p, const struct tenant_id *tenant)
{
	struct table_node *node = table_find(&p->tenants,
	    keyed_hash(tenant, sizeof(*tenant)), presence_tenant_same, tenant);

	return node == NULL ? NULL : ES_CONTAINER(node, struct presence_tenant, node);
}

static struct presence_tenant *
presence_tenant_new(struct presence *p, const struct tenant_id *tenant)
{
	struct presence_tenant *pt = mem_new(1, sizeof(*pt));
	char topic[ES_TOPIC_MAX];

	pt->presence = p;
	pt->tenant = *tenant;
	pt->generation = ++p->last_generation;
	list_init(&pt->conns);
	list_init(&pt->changed);
	table_init(&pt->people);
	table_add(&p->tenants, &pt->node, keyed_hash(tenant, sizeof(*tenant)));
	list_init(&pt->unlisted);
	list_init(&pt->all);
	list_add_tail(&p->all_tenants, &pt->all);
	list_init(&pt->to_list);
	list_add_tail(&p->to_list, &pt->to_list);
	topic_presence(tenant, topic);
	p->io.topic(p->io.ctx, topic, true);
	return pt;
}

static void
presence_tenant_free(struct presence_tenant *pt)
{
	struct presence *p = pt->presence;
	struct table_node *node;
	char topic[ES_TOPIC_MAX];

	topic_presence(&pt->tenant, topic);
	p->io.topic(p->io.ctx, topic, false);
	while ((node = table_next(&pt->people, NULL)) != NULL) {
		table_remove(&pt->people, node);
		free(ES_CONTAINER(node, struct presence_person, node));
	}
	table_remove(&p->tenants, &pt->node);
	table_fini(&pt->people);
	list_del(&pt->all);
	list_del(&pt->to_list);
	free(pt);
}

void
presence_tenant_join(struct presence *p, struct presence_conn *pc)
{
	struct presence_tenant *pt = presence_tenant_find(p, &pc->conn->tenant);

	if (pt == NULL)
		pt = presence_tenant_new(p, &pc->conn->tenant);
	pc->pt = pt;
	list_add_tail(&pt->conns, &pc->of_tenant);
	pt->n_conns++;
	/* The snapshot follows hello at the end of the turn, or waits for the list from
	 * Redis. */
	presence_frame_want(pc);
}

void
presence_tenant_leave(struct presence *p, struct presence_conn *pc)
{
	struct presence_tenant *pt = pc->pt;

	(void)p;
	presence_watch_clear(pc);
	list_del(&pc->snapshot);
	list_del(&pc->of_tenant);
	if (--pt->n_conns == 0)
		presence_tenant_free(pt);
}

/* Too many users are present to send every change to every client: the tenant becomes
 * large, and people without a watch are dropped. */
static void
presence_tenant_enlarge(struct presence_tenant *pt)
{
	struct table_node *node = table_next(&pt->people, NULL);

	pt->large = true;
	while (node != NULL) {
		struct presence_person *person =
		    ES_CONTAINER(node, struct presence_person, node);

		node = table_next(&pt->people, node);
		if (list_empty(&person->watches))
			list_del(&person->changed);
		presence_person_drop_idle(pt, person);
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
presence_tenant_message(struct presence_tenant *pt, const char *data, size_t len)
{
	struct arena *a = arena_new();
	struct change_in in = {0};
	struct user_id user = {{0}};
	enum presence_status status;
	struct presence_person *person;
	char topic[ES_TOPIC_MAX];
	struct es_err err;

	if (json_bind(data, len, change_fields, ES_COUNT(change_fields),
		JSON_IGNORE_UNKNOWN, a, &in, &err) == ES_OK &&
	    user_id_parse(in.userId, &user, &err) == ES_OK &&
	    presence_parse(in.status, &status)) {
		person = pt->large ? presence_person_find(pt, &user)
		                   : presence_person_get(pt, &user);
		if (person != NULL) {
			person->named_ask = pt->asks;
			presence_person_see(pt, person, status);
			presence_person_drop_idle(pt, person);
		}
		if (!pt->large && pt->n_present > PRESENCE_LARGE)
			presence_tenant_enlarge(pt);
	} else {
		(void)es_fail(&err, ES_INVALID, "is not a change of a user's presence");
		topic_presence(&pt->tenant, topic);
		unreadable_message_seen(
		    &pt->presence->unreadable, pt->presence->env, topic, &err);
	}
	arena_free(&a);
}

/* Takes the list of present users, at most PRESENCE_LARGE of them. Users that are not in
 * the list are offline. */
static void
presence_tenant_take_list(struct presence_tenant *pt, const struct redis_value *v)
{
	struct table listed = pt->people;
	struct table_node *node;
	struct es_err err;

	table_init(&pt->people);
	pt->n_present = 0;
	for (size_t i = 0; i + 1 < v->n; i += 2) {
		struct user_id user = {{0}};
		enum presence_status status;
		struct presence_person *person;

		if (v->items[i].kind != REDIS_STRING ||
		    v->items[i + 1].kind != REDIS_STRING ||
		    user_id_parse(v->items[i].str, &user, &err) != ES_OK ||
		    !presence_parse(v->items[i + 1].str, &status))
			continue;
		person = presence_person_find_in(&listed, &user);
		node = person == NULL ? NULL : &person->node;
		if (node != NULL) {
			table_remove(&listed, node);
			table_add(&pt->people, node, node->hash);
			if (ES_CONTAINER(node, struct presence_person, node)->seen !=
			    PRESENCE_OFFLINE)
				pt->n_present++;
		}
		person = presence_person_get(pt, &user);
		if (presence_person_named_since(person, pt->asked)) {
			presence_person_drop_idle(pt, person);
			continue;
		}
		presence_person_see(pt, person, status);
		if (!pt->listed)
			/* the clients receive it with their snapshot */
			person->sent = status;
	}
	while ((node = table_next(&listed, NULL)) != NULL) {
		struct presence_person *person =
		    ES_CONTAINER(node, struct presence_person, node);

		table_remove(&listed, node);
		table_add(&pt->people, node, node->hash);
		if (person->seen != PRESENCE_OFFLINE)
			pt->n_present++;
		if (!presence_person_named_since(person, pt->asked))
			presence_person_see(pt, person, PRESENCE_OFFLINE);
		presence_person_drop_idle(pt, person);
	}
}

/* Context of a list question. When the answer arrives, this worker may have dropped the
 * tenant, or created it again with another generation. */
struct list_query {
	struct presence *presence;
	struct tenant_id tenant;
	uint64_t generation;
};

/* The list has arrived: the clients that waited for it get their snapshots. */
static void
presence_tenant_listed(struct presence_tenant *pt)
{
	struct list *l;

	pt->listed = true;
	while ((l = list_first(&pt->unlisted)) != NULL)
		presence_frame_want(LIST_ITEM(l, struct presence_conn, snapshot));
}

static void
presence_tenant_take_answer(struct presence_tenant *pt, const struct redis_value *v)
{
	const bool was_large = pt->large;

	if (v->kind == REDIS_ARRAY) {
		pt->large = false;
		presence_tenant_take_list(pt, v);
		for (struct list *l = pt->conns.next; was_large && l != &pt->conns;
		     l = l->next)
			presence_frame_want(
			    LIST_ITEM(l, struct presence_conn, of_tenant));
	} else {
		if (!pt->large)
			presence_tenant_enlarge(pt);
		presence_watch_refresh(pt);
	}
	presence_tenant_listed(pt);
}

static void
presence_tenant_on_list(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct list_query *q = ctx;
	struct presence_tenant *pt = presence_tenant_find(q->presence, &q->tenant);

	(void)err;
	if (pt != NULL && pt->generation == q->generation) {
		pt->asking = false;
		if (rc == ES_OK)
			presence_tenant_take_answer(pt, v);
		else
			pt->again_ms = 0; /* the next tick asks again */
	}
	free(q);
}

void
presence_tenant_list(struct presence_tenant *pt)
{
	struct presence *p = pt->presence;
	struct presence_call call;
	struct list_query *q;

	if (pt->asking)
		return;
	q = mem_new(1, sizeof(*q));
	*q = (struct list_query){pt->presence, pt->tenant, pt->generation};
	presence_list_call(
	    &call, &pt->tenant, pt->large ? PRESENCE_SMALL : PRESENCE_LARGE);
	if (!p->io.redis(p->io.ctx, call.script, call.argc, call.argv,
		presence_tenant_on_list, q)) {
		free(q);
		return;
	}
	pt->asking = true;
	pt->asked = ++pt->asks;
	pt->again_ms = p->env->now_ms + PRESENCE_AGAIN_MS;
}

void
presence_tenant_list_all(struct presence *p)
{
	for (struct list *l = p->all_tenants.next; l != &p->all_tenants; l = l->next)
		presence_tenant_list(LIST_ITEM(l, struct presence_tenant, all));
}

static void
presence_tenant_flush(struct presence_tenant *pt)
{
	struct list *l;

	while ((l = list_pop(&pt->changed)) != NULL) {
		struct presence_person *person =
		    LIST_ITEM(l, struct presence_person, changed);

		if (person->seen != person->sent) {
			presence_frame_change(pt, person);
			person->sent = person->seen;
		}
		presence_person_drop_idle(pt, person);
	}
}

void
presence_tenant_turn(struct presence *p)
{
	struct list *l;

	while ((l = list_pop(&p->to_list)) != NULL)
		presence_tenant_list(LIST_ITEM(l, struct presence_tenant, to_list));
}

void
presence_tenant_tick(struct presence *p)
{
	const int64_t now_ms = p->env->now_ms;

	for (struct list *l = p->all_tenants.next; l != &p->all_tenants; l = l->next) {
		struct presence_tenant *pt = LIST_ITEM(l, struct presence_tenant, all);

		if (now_ms >= pt->again_ms)
			presence_tenant_list(pt);
		if (pt->listed && now_ms >= pt->flush_ms) {
			presence_tenant_flush(pt);
			pt->flush_ms = now_ms + PRESENCE_FLUSH_MS;
		}
	}
}
