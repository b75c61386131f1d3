/* A channel of this worker: its log and its subscriptions. */
#ifndef PUSH_CHANNEL_H
#define PUSH_CHANNEL_H

#include "event/event.h"
#include "hub/hub_state.h"
#include "log/chan_log.h"
#include "log/removal.h"

/* `db recovered` adds RECOVERED_JUMP to every counter. A restore may have lost the last
 * numbers, so the jump that this worker sees can be smaller: half of it counts as one.
 * Pub/sub never loses that many events in a row. */
#define RECOVERED_JUMP  1000000
#define RECOVERED_LEAST (RECOVERED_JUMP / 2)

struct channel {
	struct table_node node;
	struct hub *hub;
	struct tenant_id tenant;
	struct channel_id id;
	uint64_t generation;
	struct chan_log *log;      /* NULL until a number of the channel is known */
	bool confirmed;            /* Redis has said that we are subscribed */
	bool entered;              /* somebody was let in: it lingers */
	bool is_private, archived; /* known as soon as somebody is let in */
	bool reset_due;            /* the epoch has changed: `gap reason=reset` is owed */
	bool jumped; /* the subscribers have received that gap already, because the
	              * sequence number jumped by more than RECOVERED_LEAST */
	unsigned n_subs;
	struct list subs;        /* all of them */
	struct list joining;     /* those that wait for the topic */
	struct list idle, woken; /* at the head, or ahead of it; woken: look again */
	struct list rounds, checks, dirty, life, suspects; /* on the hub's lists */
	int64_t since_ms; /* on lingering or opening since */
	int64_t suspect;  /* head of the database that the log has not reached; 0: none */
	int64_t suspect_ms;
	struct removals *removals; /* NULL: none */
};
_Static_assert(sizeof(struct channel) <= 320, "a channel is small");

struct channel *channel_find(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id);
/* Found or made. */
struct channel *channel_get(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id);
void channel_free(struct channel *ch);
/* A numbered event from the topic. */
void channel_event(struct channel *ch, const struct event *ev, struct arena *a);
/* The database has numbers up to head that the log has not. */
void channel_heal(struct channel *ch, int64_t head);
/* The sequence numbers have lost their meaning: every subscriber receives a gap and goes
 * on at head. */
void channel_reset(struct channel *ch, int64_t head);
/* Compare the head with the database soon. */
void channel_doubt(struct channel *ch);
void channel_wake(struct channel *ch);
int64_t channel_head(const struct channel *ch); /* -1: no log yet */
void channel_confirmed(struct channel *ch);
void channel_left(struct channel *ch); /* a subscription is gone */
void channel_tick(struct hub *hub);

#endif
