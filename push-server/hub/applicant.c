#include "hub/applicant.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "hub/subscription.h"

#include "core/banned.h"

struct applicant_key {
	const struct conn *conn;
	struct channel_id channel;
};

static uint64_t
applicant_hash(const struct conn *c, const struct channel_id *channel)
{
	struct applicant_key key;

	memset(&key, 0, sizeof(key)); /* padding is hashed too */
	key.conn = c;
	key.channel = *channel;
	return keyed_hash(&key, sizeof(key));
}

static bool
applicant_same(struct table_node *node, const void *key)
{
	const struct applicant *a = ES_CONTAINER(node, struct applicant, node);
	const struct applicant_key *k = key;

	return a->conn == k->conn && strcmp(a->channel.text, k->channel.text) == 0;
}

struct applicant *
applicant_find(
    const struct hub *hub, const struct conn *c, const struct channel_id *channel)
{
	const struct applicant_key key = {c, *channel};
	struct table_node *node = table_find(
	    &hub->applicants, applicant_hash(c, channel), applicant_same, &key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct applicant, node);
}

static void
applicant_queue_question(struct applicant *a)
{
	struct hub_conn *hc = a->conn->hub;

	a->asked = false;
	list_add_tail(&hc->to_apply, &a->place);
	hc->hub->n_to_ask++;
	sub_conn_asks(hc);
}

void
applicant_new(struct hub *hub, struct conn *c, const struct subscribe_request *req)
{
	struct applicant *a = mem_new(1, sizeof(*a));

	a->conn = c;
	a->channel = req->channel;
	list_init(&a->of_hub);
	list_add_tail(&hub->applying, &a->of_hub);
	list_init(&a->of_conn);
	list_add_tail(&c->hub->applicants, &a->of_conn);
	list_init(&a->place);
	table_add(&hub->applicants, &a->node, applicant_hash(c, &a->channel));
	c->hub->n_applicants++;
	sub_request_add(
	    &a->requests, req, hub->env->now_ms + hub->limits.join_timeout_ms);
	applicant_queue_question(a);
}

void
applicant_free(struct applicant *a)
{
	struct hub_conn *hc = a->conn->hub;

	hc->hub->n_to_ask -= !a->asked;
	hc->n_applicants--;
	list_del(&a->of_hub);
	list_del(&a->of_conn);
	list_del(&a->place);
	table_remove(&hc->hub->applicants, &a->node);
	sub_request_free(&a->requests);
	free(a);
}

void
applicant_asked(struct applicant *a)
{
	CHECK(!a->asked);
	a->asked = true;
	list_del(&a->place);
	a->conn->hub->hub->n_to_ask--;
}

void
applicant_ask_again(struct applicant *a)
{
	CHECK(a->asked);
	applicant_queue_question(a);
}

void
applicant_fail(struct applicant *a, enum es_code code, const char *text)
{
	sub_request_refuse(a->requests, a->conn, &a->channel, code, text);
	applicant_free(a);
}

void
applicant_tick(struct hub *hub)
{
	struct list *l;

	while ((l = list_first(&hub->applying)) != NULL) {
		struct applicant *a = LIST_ITEM(l, struct applicant, of_hub);

		if (hub->env->now_ms <= a->requests->deadline_ms)
			return;
		applicant_fail(a, ES_UNAVAILABLE,
		    "the server cannot check the right to read at the moment; try again");
	}
}
