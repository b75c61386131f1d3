#include "hub/channel.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "event/feed.h"
#include "hub/subscription.h"
#include "log/channel_change.h"
#include "log/page.h"
#include "wire/tombstone.h"

#include "core/banned.h"

struct channel_key {
	struct tenant_id tenant;
	struct channel_id id;
};

static uint64_t
channel_hash_of(const struct channel_key *key)
{
	return keyed_hash(key, sizeof(*key));
}

static bool
channel_same(struct table_node *node, const void *key)
{
	const struct channel *ch = ES_CONTAINER(node, struct channel, node);
	const struct channel_key *k = key;

	return memcmp(&ch->id, &k->id, sizeof(k->id)) == 0 &&
	       memcmp(&ch->tenant, &k->tenant, sizeof(k->tenant)) == 0;
}

struct channel *
channel_find(struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id)
{
	const struct channel_key key = {*tenant, *id};
	struct table_node *node =
	    table_find(&hub->channels, channel_hash_of(&key), channel_same, &key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct channel, node);
}

static void
channel_init_lists(struct channel *ch)
{
	list_init(&ch->subs);
	list_init(&ch->joining);
	list_init(&ch->idle);
	list_init(&ch->woken);
	list_init(&ch->in_compare_order);
	list_init(&ch->on_checks);
	list_init(&ch->on_dirty);
	list_init(&ch->on_aging);
	list_init(&ch->on_suspects);
}

struct channel *
channel_find_or_add(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id)
{
	const struct channel_key key = {*tenant, *id};
	struct channel *ch = channel_find(hub, tenant, id);
	char topic[ES_TOPIC_MAX];

	if (ch != NULL) {
		if (ch->confirmed)
			list_del(&ch->on_aging);
		return ch;
	}
	ch = mem_new(1, sizeof(*ch));
	ch->hub = hub;
	ch->tenant = *tenant;
	ch->id = *id;
	ch->generation = ++hub->last_generation;
	channel_init_lists(ch);
	table_add(&hub->channels, &ch->node, channel_hash_of(&key));
	list_add_tail(&hub->compare_order, &ch->in_compare_order);
	list_add_tail(&hub->opening, &ch->on_aging);
	ch->since_ms = hub->env->now_ms;
	metrics_gauge_add(hub->env->metrics, PM_CHANNELS, 1);
	topic_channel(tenant, id, topic);
	hub->io.topic(hub->io.ctx, topic, true);
	return ch;
}

void
channel_free(struct channel *ch)
{
	struct hub *hub = ch->hub;
	char topic[ES_TOPIC_MAX];

	CHECK(ch->n_subs == 0);
	/* without the topic, nobody says that a message of a page was deleted */
	pages_forget(hub->pages, &ch->tenant, &ch->id);
	topic_channel(&ch->tenant, &ch->id, topic);
	hub->io.topic(hub->io.ctx, topic, false);
	list_del(&ch->in_compare_order);
	list_del(&ch->on_checks);
	list_del(&ch->on_dirty);
	list_del(&ch->on_aging);
	list_del(&ch->on_suspects);
	table_remove(&hub->channels, &ch->node);
	chan_log_free(&ch->log);
	removals_free(&ch->removals);
	channel_change_seqs_free(&ch->change_seqs);
	metrics_gauge_add(hub->env->metrics, PM_CHANNELS, -1);
	free(ch);
}

int64_t
channel_head(const struct channel *ch)
{
	return ch->log == NULL ? -1 : chan_log_head(ch->log);
}

/* Move the subscriptions that have read up to the channel's head (`idle`) to `woken`, so
 * that the next turn looks at them. Subscriptions that were woken earlier stay in front
 * of them. */
void
channel_wake(struct channel *ch)
{
	list_splice_tail(&ch->woken, &ch->idle);
	if (!list_empty(&ch->woken) && list_empty(&ch->on_dirty))
		list_add_tail(&ch->hub->dirty, &ch->on_dirty);
}

/* End the subscriptions of the removed user at the removal's number. Skip a subscription
 * whose `clear` is at or above that number: the database has confirmed the right again
 * after the removal. The walk makes one comparison per subscriber, a small part of the
 * cost of writing the event to each of them. */
static void
channel_note_removal(struct channel *ch, const struct removal *removal)
{
	removals_add(&ch->removals, removal);
	for (struct list *l = ch->subs.next; l != &ch->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if ((sub_members_only(sub) || removal->banned) && sub->joined &&
		    sub->clear < removal->seq && removal->seq < sub->stop_at &&
		    strcmp(sub->conn->user.text, removal->user.text) == 0)
			sub_stop(sub, removal->seq, sub_end_of(removal));
	}
}

/* The event channel_deleted is the last one that each reader receives. */
static void
channel_note_deletion(struct channel *ch, int64_t seq)
{
	channel_change_seqs_set_deleted(&ch->change_seqs, seq);
	for (struct list *l = ch->subs.next; l != &ch->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if (sub->joined && seq < sub->stop_at)
			sub_stop(sub, seq, SUB_END_DELETED);
	}
}

void
channel_become_private(struct channel *ch, int64_t at)
{
	ch->is_private = true;
	channel_change_seqs_set_visibility(&ch->change_seqs, at);
	for (struct list *l = ch->subs.next; l != &ch->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if (sub_live(sub) && sub->clear < at)
			sub_ask_again(sub);
	}
}

static void
channel_note_change(struct channel *ch, const struct event *ev, struct arena *a)
{
	const struct channel_change change = channel_change_of(ev, a);

	if (change.has_posting)
		ch->admins_post = change.admins_post;
	if (change.has_private && change.is_private) {
		channel_become_private(ch, ev->seq);
	} else if (change.has_private) {
		ch->is_private = false;
		channel_change_seqs_set_visibility(&ch->change_seqs, ev->seq);
	}
}

static void
channel_note_kind(struct channel *ch, const struct event *ev, struct arena *a)
{
	struct removal removal;

	if (ev->kind == EVENT_MEMBER_LEFT && removal_of(ev, a, &removal)) {
		channel_note_removal(ch, &removal);
	} else if (ev->kind == EVENT_CHANNEL_DELETED) {
		channel_note_deletion(ch, ev->seq);
	} else if (ev->kind == EVENT_MESSAGE_DELETED && ev->message_id > 0) {
		IGNORE(chan_log_rewrite(ch->log, ev->message_id, tombstone_rewrite));
		pages_drop_message(
		    ch->hub->pages, &ch->tenant, &ch->id, ev->message_id, ev->seq);
		ch->hub->env->deleted = true;
	} else if (ev->kind == EVENT_CHANNEL_ARCHIVED) {
		ch->archived = true;
	} else if (ev->kind == EVENT_CHANNEL_UPDATED) {
		/* The update may have unarchived the channel. Accept sends until the
		 * database answers that the channel is archived. */
		ch->archived = false;
		channel_note_change(ch, ev, a);
	}
	/* member_joined needs nothing: no refusal of a non-member is cached */
}

/* Restart the log after a hole. Each cursor in front of the hole is now below the log's
 * base, so its subscription reads the missing events from the database before later ones.
 * The hole may hide an unarchiving, so accept sends until the database answers that the
 * channel is archived. */
static void
channel_skip_hole(struct channel *ch, int64_t to)
{
	chan_log_restart(ch->log, to);
	ch->archived = false;
	metrics_add(ch->hub->env->metrics, PM_HEALS, 1);
}

static void
channel_append(struct channel *ch, const struct event *ev)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct event_frame encoded = event_frame_encode(ev, buf);
	const struct chan_frame frame = {.seq = ev->seq,
	    .message_id = ev->kind == EVENT_MESSAGE       ? ev->seq
	                  : event_kind_has_body(ev->kind) ? ev->message_id
	                                                  : 0,
	    .accepted_ms = ev->accepted_ms,
	    .bytes = encoded.bytes,
	    .len = encoded.len};

	CHECK(chan_log_append(ch->log, &frame) == CHAN_LOG_APPENDED);
	explicit_bzero(buf, (size_t)(encoded.bytes - buf) + encoded.len);
}

void
channel_event(struct channel *ch, const struct event *ev, struct arena *a)
{
	int64_t missing; /* numbers between the log's head and this event */

	if (!ch->confirmed)
		return; /* the head that is read after the confirmation includes it */
	if (ch->log == NULL)
		ch->log = chan_log_new(ch->hub->logs, ev->seq - 1);
	if (ev->seq <= chan_log_head(ch->log))
		return;
	missing = ev->seq - 1 - chan_log_head(ch->log);
	if (missing >= RECOVERED_LEAST) {
		/* With reset_due the worker has noticed the new epoch before this jump */
		ch->jumped = !ch->reset_due;
		channel_reset(ch, ev->seq - 1);
	} else if (missing > 0) {
		channel_skip_hole(ch, ev->seq - 1);
	}
	if (!feed_event_of_tenant(ev))
		channel_note_kind(ch, ev, a);
	channel_append(ch, ev);
	channel_wake(ch);
}

void
channel_check_head(struct channel *ch)
{
	if (ch->log != NULL && list_empty(&ch->on_checks))
		list_add_tail(&ch->hub->checks, &ch->on_checks);
}

void
channel_heal(struct channel *ch, int64_t head)
{
	channel_skip_hole(ch, head);
	channel_wake(ch);
}

void
channel_on_unknown(struct channel *ch)
{
	for (struct list *l = ch->subs.next; l != &ch->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if (sub_live(sub) && sub->stop_at == INT64_MAX)
			sub_ask_again(sub);
	}
}

void
channel_reset(struct channel *ch, int64_t head)
{
	struct list *next;

	if (ch->log == NULL)
		ch->log = chan_log_new(ch->hub->logs, head);
	chan_log_restart(ch->log, head);
	removals_free(&ch->removals);
	channel_change_seqs_free(&ch->change_seqs);
	ch->suspect_head = 0;
	ch->archived = false; /* an unarchiving may be lost */
	ch->reset_due = false;
	pages_forget(ch->hub->pages, &ch->tenant, &ch->id);
	for (struct list *l = ch->subs.next; l != &ch->subs; l = next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		next = l->next;
		if (!sub->joined)
			continue;
		sub_gap(sub, head, GAP_RESET);
		sub_stop(sub, INT64_MAX, SUB_END_NONE);
		sub->clear = sub->live_from = head;
		if (sub_members_only(sub))
			sub_ask_again(sub);
		else if (sub->requests != NULL)
			sub_ask(sub);
		else
			sub_place(sub, SUB_IDLE, &ch->idle);
	}
	channel_wake(ch);
}

void
channel_on_confirmed(struct channel *ch)
{
	if (ch->confirmed) {
		channel_check_head(ch); /* the reconnect may have lost messages */
		return;
	}
	ch->confirmed = true;
	list_del(&ch->on_aging);
	while (!list_empty(&ch->joining)) {
		struct subscription *sub =
		    LIST_ITEM(ch->joining.next, struct subscription, place);

		sub_ask_again(sub);
	}
	if (ch->n_subs == 0)
		channel_on_subscription_freed(ch);
}

void
channel_on_subscription_freed(struct channel *ch)
{
	struct hub *hub = ch->hub;

	if (ch->n_subs != 0 || !list_empty(&ch->on_aging))
		return;
	if (!ch->entered) {
		channel_free(ch);
		return;
	}
	ch->since_ms = hub->env->now_ms;
	list_add_tail(&hub->lingering, &ch->on_aging);
}
