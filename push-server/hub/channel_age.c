/* Frees channels that have had no subscriber for linger_ms, and refuses subscriptions
 * whose topic Redis does not confirm in time. */
#include "hub/channel.h"
#include "hub/subscription.h"

#include "core/banned.h"

static void
channel_age_drop_lingering(struct hub *hub)
{
	struct list *l;

	while ((l = list_first(&hub->lingering)) != NULL) {
		struct channel *ch = LIST_ITEM(l, struct channel, on_aging);

		if (hub->env->now_ms - ch->since_ms < hub->limits.linger_ms)
			return;
		channel_free(ch);
	}
}

/* Refuse each subscription whose deadline has passed before Redis confirmed the topic.
 * Look at all subscriptions, because the list is not in the order of the deadlines: a
 * request that had to queue as an applicant has already used some of its time. While
 * Redis is up, the list is short. While Redis is away, it has only the subscriptions of
 * the last join_timeout_ms, because older ones were refused. */
static void
channel_age_drop_opening(struct hub *hub)
{
	const int64_t now_ms = hub->env->now_ms;
	struct list *next, *s, *next_sub;

	for (struct list *l = hub->opening.next; l != &hub->opening; l = next) {
		struct channel *ch = LIST_ITEM(l, struct channel, on_aging);

		next = l->next;
		for (s = ch->joining.next; s != &ch->joining; s = next_sub) {
			struct subscription *sub =
			    LIST_ITEM(s, struct subscription, place);

			next_sub = s->next;
			if (now_ms > sub->requests->deadline_ms)
				sub_fail(sub, ES_UNAVAILABLE,
				    "live events are unavailable at the moment; try "
				    "again");
		}
		if (ch->n_subs == 0 &&
		    now_ms - ch->since_ms >= hub->limits.join_timeout_ms)
			channel_free(ch);
	}
}

void
channel_tick(struct hub *hub)
{
	channel_age_drop_lingering(hub);
	channel_age_drop_opening(hub);
}
