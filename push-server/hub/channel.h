/* A channel of this worker: its log and its subscriptions. */
#ifndef PUSH_CHANNEL_H
#define PUSH_CHANNEL_H

#include "event/event.h"
#include "hub/channel_change_seqs.h"
#include "hub/hub_state.h"
#include "log/chan_log.h"
#include "log/removal.h"

/* `db recovered` adds RECOVERED_JUMP to every counter. A restore may have lost the last
 * numbers, so the jump that this worker sees can be smaller: half of RECOVERED_JUMP
 * already counts as a recovery. Pub/sub never loses that many events in a row. */
#define RECOVERED_JUMP  1000000
#define RECOVERED_LEAST (RECOVERED_JUMP / 2)

struct channel {
	struct table_node node;
	struct hub *hub;
	struct tenant_id tenant;
	struct channel_id id;
	uint64_t generation;
	struct chan_log *log; /* NULL until a number of the channel is known */
	bool confirmed : 1;   /* Redis has confirmed the topic */
	/* a reader has received an ack: keep the channel for linger_ms without readers */
	bool entered : 1;
	/* These three are valid once a reader's right to read was confirmed. */
	bool is_private : 1;
	bool archived : 1;
	bool admins_post : 1; /* the database checks each sender's right to post */
	bool reset_due : 1;   /* the epoch has changed: send `gap reason=reset` */
	bool jumped : 1; /* the subscribers have received that gap already, because the
	                  * sequence number jumped by more than RECOVERED_LEAST */
	unsigned n_subs;
	struct list subs;    /* all subscriptions of the channel */
	struct list joining; /* subscriptions that wait for the topic's confirmation */
	/* idle: subscriptions whose cursor is at the head or ahead of it. woken:
	 * subscriptions that an event has moved from idle. */
	struct list idle, woken;
	struct list in_compare_order, on_checks, on_dirty, on_suspects; /* of the hub */
	struct list on_aging; /* on hub->opening, then on hub->lingering */
	int64_t since_ms; /* when the channel was put on hub->opening or hub->lingering */
	int64_t suspect_head; /* the database's head if the log is below it; 0: none */
	int64_t suspect_ms;   /* when the worker first saw such a head */
	struct removals *removals;               /* NULL: none */
	struct channel_change_seqs *change_seqs; /* NULL: none */
};
_Static_assert(sizeof(struct channel) <= 320, "a channel is small");

struct channel *channel_find(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id);
/* Find the channel, or make it and subscribe to its topic in Redis. A channel that
 * lingers is kept for the new subscriber. */
struct channel *channel_find_or_add(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id);
void channel_free(struct channel *ch);
/* Handle a numbered event that came on the channel's topic. */
void channel_event(struct channel *ch, const struct event *ev, struct arena *a);
/* The database has events up to head that the log lacks: restart the log at head, so that
 * subscriptions read the missing events from the database. */
void channel_heal(struct channel *ch, int64_t head);
/* The sequence numbers are no longer valid: every subscriber receives a gap and continues
 * at head. */
void channel_reset(struct channel *ch, int64_t head);
/* The event `at` has made the channel private: deliver nothing more to a reader before
 * the database has confirmed the reader's right. */
void channel_become_private(struct channel *ch, int64_t at);
/* Call it when the database does not know the channel: asks the database for each
 * reader's right. */
void channel_on_unknown(struct channel *ch);
/* Compare the head with the database soon. */
void channel_check_head(struct channel *ch);
void channel_wake(struct channel *ch);
int64_t channel_head(const struct channel *ch); /* -1: no log yet */
void channel_on_confirmed(struct channel *ch);
/* Call when a subscription was freed. */
void channel_on_subscription_freed(struct channel *ch);
void channel_tick(struct hub *hub);

#endif
