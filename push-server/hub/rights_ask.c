#include "hub/rights_ask.h"

#include <stdlib.h>

#include "core/check.h"
#include "hub/applicant.h"
#include "hub/sub_answer.h"

#include "core/banned.h"

#define ASK_BACKOFF_MS 200 /* pause after a failed question */

/* The rows are in the order of the items. An item without a row means that the user may
 * not read the channel. */
static void
rights_ask_authorise_done(struct authorise_ask *ask, enum es_code rc,
    const struct rights_row rows[], size_t n_rows, const struct es_err *err)
{
	struct hub *hub = ask->hub;
	size_t at = 0;

	(void)err;
	gather_answered(&hub->gather);
	if (rc != ES_OK)
		hub->ask_after_ms = hub->env->now_ms + ASK_BACKOFF_MS;
	for (size_t i = 0; i < ask->n; i++) {
		const bool yes = at < n_rows && rows[at].ord == (int64_t)i;

		subscribe_judge(hub, &ask->items[i], yes ? &rows[at] : NULL, rc);
		at += yes;
	}
	free(ask);
}

static uint64_t
rights_ask_add_item(struct authorise_ask *ask, const struct conn *c,
    const struct channel_id *channel, int64_t head_before)
{
	struct authorise_item *item = &ask->items[ask->n++];

	item->right.tenant = c->tenant;
	item->right.user = c->user;
	item->right.channel = *channel;
	item->conn = c->ref;
	item->ask_id = ++ask->hub->last_ask_id;
	item->head_before = head_before;
	return item->ask_id;
}

/* Adds the questions of one connection, as far as there is room: subscriptions first, in
 * the same order as in rights_ask_have_asked(). */
static void
rights_ask_add_items(struct authorise_ask *ask, const struct hub_conn *hc, size_t max)
{
	struct list *l;

	for (l = hc->to_ask.next; l != &hc->to_ask && ask->n < max; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, place);

		sub->ask_id = rights_ask_add_item(
		    ask, hc->conn, &sub->channel->id, channel_head(sub->channel));
	}
	for (l = hc->to_apply.next; l != &hc->to_apply && ask->n < max; l = l->next) {
		struct applicant *a = LIST_ITEM(l, struct applicant, place);

		a->ask_id = rights_ask_add_item(ask, hc->conn, &a->channel, -1);
	}
}

static struct authorise_ask *
rights_ask_make(struct hub *hub, size_t max)
{
	struct authorise_ask *ask =
	    mem_new(1, sizeof(*ask) + max * sizeof(struct authorise_item));

	ask->hub = hub;
	ask->done = rights_ask_authorise_done;
	for (struct list *l = hub->asking.next; l != &hub->asking && ask->n < max;
	     l = l->next)
		rights_ask_add_items(ask, LIST_ITEM(l, struct hub_conn, asking), max);
	return ask;
}

/* Note that the first n questions were sent. */
static void
rights_ask_have_asked(struct hub *hub, size_t n)
{
	struct list *l;

	while (n > 0 && (l = list_first(&hub->asking)) != NULL) {
		struct hub_conn *hc = LIST_ITEM(l, struct hub_conn, asking);

		for (; n > 0 && !list_empty(&hc->to_ask); n--)
			sub_place(LIST_ITEM(hc->to_ask.next, struct subscription, place),
			    SUB_ASKED, NULL);
		for (; n > 0 && !list_empty(&hc->to_apply); n--)
			applicant_asked(
			    LIST_ITEM(hc->to_apply.next, struct applicant, place));
		if (list_empty(&hc->to_ask) && list_empty(&hc->to_apply))
			list_del(&hc->asking);
		else
			list_move_tail(&hub->asking, &hc->asking);
	}
}

void
rights_ask(struct hub *hub)
{
	const int64_t now_ms = hub->env->now_ms;
	size_t max;

	if (now_ms < hub->ask_after_ms)
		return;
	while ((max = gather_due(&hub->gather, hub->n_to_ask, now_ms)) > 0) {
		struct authorise_ask *ask = rights_ask_make(hub, max);
		const size_t n = ask->n;

		if (!hub->io.authorise(hub->io.ctx, ask)) {
			free(ask);
			return;
		}
		gather_sent(&hub->gather, now_ms);
		rights_ask_have_asked(hub, n);
	}
	loop_env_wake(hub->env, gather_due_ms(&hub->gather));
}

void
rights_ask_tick(struct hub *hub)
{
	const int64_t now_ms = hub->env->now_ms;

	applicant_tick(hub);
	for (struct list *l = hub->asking.next; l != &hub->asking; l = l->next) {
		struct hub_conn *hc = LIST_ITEM(l, struct hub_conn, asking);
		struct list *next;

		for (struct list *s = hc->to_ask.next; s != &hc->to_ask; s = next) {
			struct subscription *sub =
			    LIST_ITEM(s, struct subscription, place);

			next = s->next;
			if (sub->joined)
				sub_answer_late(sub);
			else if (now_ms > sub->requests->deadline_ms)
				sub_fail(sub, ES_UNAVAILABLE,
				    "the server cannot check the right to read at the "
				    "moment; try again");
		}
	}
}
