/* Compares the heads of the logs with the database: all heads right after a reconnect to
 * Redis, otherwise each head once in ROUND_S seconds. This finds the loss of a channel's
 * last event: no later event follows, so no hole shows the loss. */
#include "hub/heads.h"

#include <stdlib.h>

#include "core/check.h"
#include "hub/channel.h"

#include "core/banned.h"

#define ROUND_S       30 /* all heads are compared once in this time */
#define ROUND_BLIND_S 2  /* one round while the topics connection is down */
#define ASKED_MAX     4  /* maximum number of questions under way */
#define BACKOFF_MS    500
/* Wait this long before a repair: an event committed just now may still arrive by
 * pub/sub. */
#define SUSPECT_MS 300

static void
heads_compare(struct channel *ch, int64_t before, int64_t head)
{
	if (head < 0) {
		/* The channel was deleted, and Redis lost that event. */
		channel_on_unknown(ch);
		return;
	}
	if (!ch->reset_due && head - chan_log_head(ch->log) >= RECOVERED_LEAST)
		ch->reset_due = ch->jumped = true;
	if (ch->reset_due || head < before) {
		channel_reset(ch, head);
		return;
	}
	if (head <= chan_log_head(ch->log))
		return;
	if (!list_empty(&ch->on_suspects)) {
		/* Keep the time of the first suspicion. Restarting the timer on every new
		 * event could postpone the repair for ever; repairing too early only
		 * costs one page read. */
		if (head > ch->suspect_head)
			ch->suspect_head = head;
		return;
	}
	ch->suspect_head = head;
	ch->suspect_ms = ch->hub->env->now_ms;
	list_add_tail(&ch->hub->suspects, &ch->on_suspects);
}

static void
heads_done(struct heads_ask *ask, enum es_code rc, const int64_t heads[])
{
	struct hub *hub = ask->hub;

	hub->heads_asked--;
	if (rc != ES_OK)
		hub->heads_after_ms = hub->env->now_ms + BACKOFF_MS;
	for (size_t i = 0; i < ask->n; i++) {
		struct channel *ch =
		    channel_find(hub, &ask->tenants[i], &ask->channels[i]);

		if (ch == NULL || ch->generation != ask->before[i].generation)
			continue;
		if (rc == ES_OK)
			heads_compare(ch, ask->before[i].head, heads[i]);
		else
			channel_check_head(ch);
	}
	free(ask);
}

/* Makes a question with room for exactly n channels: the hub sends one every second,
 * mostly for few channels. */
static struct heads_ask *
heads_ask_new(struct hub *hub, size_t n)
{
	struct heads_ask *ask;
	char *at =
	    mem_new(1, sizeof(*ask) + n * (sizeof(*ask->before) + sizeof(*ask->tenants) +
					      sizeof(*ask->channels)));

	ask = (void *)at;
	ask->hub = hub;
	ask->done = heads_done;
	at += sizeof(*ask);
	ask->before = (void *)at; /* place this array first: only it needs alignment */
	at += n * sizeof(*ask->before);
	ask->tenants = (void *)at;
	at += n * sizeof(*ask->tenants);
	ask->channels = (void *)at;
	return ask;
}

static struct heads_ask *
heads_ask_of(struct hub *hub)
{
	struct heads_ask *ask;
	struct list *l = hub->checks.next;
	size_t n = 0;

	for (; l != &hub->checks && n < HEADS_MAX; l = l->next)
		n++;
	ask = heads_ask_new(hub, n);
	for (l = hub->checks.next; ask->n < n; l = l->next) {
		struct channel *ch = LIST_ITEM(l, struct channel, on_checks);

		ask->tenants[ask->n] = ch->tenant;
		ask->channels[ask->n] = ch->id;
		ask->before[ask->n] =
		    (struct heads_before){channel_head(ch), ch->generation};
		ask->n++;
	}
	return ask;
}

void
heads_flush(struct hub *hub)
{
	if (hub->env->now_ms < hub->heads_after_ms)
		return;
	while (!list_empty(&hub->checks) && hub->heads_asked < ASKED_MAX) {
		struct heads_ask *ask = heads_ask_of(hub);
		const size_t n = ask->n;

		if (!hub->io.heads(hub->io.ctx, ask)) {
			free(ask);
			hub->heads_after_ms = hub->env->now_ms + BACKOFF_MS;
			return;
		}
		hub->heads_asked++;
		for (size_t i = 0; i < n; i++)
			list_del(hub->checks.next);
	}
}

void
heads_each_second(struct hub *hub)
{
	const size_t round = hub->topics_up ? ROUND_S : ROUND_BLIND_S;
	size_t n = (hub->channels.n + round - 1) / round;

	for (; n > 0 && !list_empty(&hub->compare_order); n--) {
		struct channel *ch =
		    LIST_ITEM(hub->compare_order.next, struct channel, in_compare_order);

		list_move_tail(&hub->compare_order, &ch->in_compare_order);
		channel_check_head(ch);
	}
}

void
heads_tick(struct hub *hub)
{
	while (!list_empty(&hub->suspects)) {
		struct channel *ch =
		    LIST_ITEM(hub->suspects.next, struct channel, on_suspects);

		if (hub->env->now_ms - ch->suspect_ms < SUSPECT_MS)
			return;
		list_del(&ch->on_suspects);
		if (chan_log_head(ch->log) < ch->suspect_head)
			channel_heal(ch, ch->suspect_head);
	}
}
