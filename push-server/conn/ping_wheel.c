#include "conn/ping_wheel.h"

#include "conn/conn.h"
#include "conn/conn_write.h"
#include "conn/peer.h"
#include "conn/ws.h"
#include "core/check.h"

#include "core/banned.h"

#define BUCKETS   (PING_INTERVAL_MS / PING_TICK_MS)
#define LATE      (PONG_TIMEOUT_MS / PING_TICK_MS)
#define PING_NONE 0
/* maximum number of missed ticks to run: one round, however long the process was
 * suspended */
#define CATCH_UP BUCKETS

struct ping_wheel {
	struct list buckets[BUCKETS];
	unsigned at;     /* the bucket of the last tick */
	int64_t last_ms; /* time of the last tick */
};

struct ping_wheel *
ping_wheel_new(int64_t now_ms)
{
	struct ping_wheel *w = mem_new(1, sizeof(*w));

	w->last_ms = now_ms;
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&w->buckets[i]);
	return w;
}

void
ping_wheel_free(struct ping_wheel **w)
{
	mem_free(*w);
	*w = NULL;
}

void
ping_wheel_add(struct ping_wheel *w, struct conn *c)
{
	CHECK(list_empty(&c->ping.entry));
	c->ping.ping_at_ms = PING_NONE;
	list_add_tail(&w->buckets[w->at], &c->ping.entry);
}

void
ping_wheel_remove(struct conn *c)
{
	list_del(&c->ping.entry);
}

void
ping_wheel_pong(struct conn *c)
{
	c->ping.ping_at_ms = PING_NONE;
}

/* Returns true when the pong is late. A slow client reads the ping only after the bytes
 * before it, so the time-out starts again as long as the kernel holds bytes and the peer
 * takes some. Blocked sockets are skipped, because the worker does not read from them and
 * conn_stalled.c limits them. */
static bool
ping_wheel_overdue(struct conn *c, int64_t now_ms)
{
	const int64_t since_ms = c->ping.ping_at_ms > c->out.unblocked_ms
	                             ? c->ping.ping_at_ms
	                             : c->out.unblocked_ms;
	uint64_t taken;

	if (c->state != CONN_OPEN || c->ping.ping_at_ms == PING_NONE || c->out.blocked ||
	    now_ms - since_ms < PONG_TIMEOUT_MS)
		return false;
	taken = peer_taken(ws_fd(c->wsi));
	if (peer_waiting(ws_fd(c->wsi)) == 0 || taken == c->ping.taken)
		return true;
	c->ping.taken = taken;
	c->ping.ping_at_ms = now_ms;
	return false;
}

static void
ping_wheel_check_bucket(struct list *bucket, int64_t now_ms)
{
	/* conn_close() removes nothing from the wheel before the end of the turn, so the
	 * walk is safe. */
	for (struct list *l = bucket->next; l != bucket; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, ping.entry);

		if (ping_wheel_overdue(c, now_ms))
			conn_close(c, CLOSE_PING_TIMEOUT, "no pong within 10 s");
	}
}

static void
ping_wheel_ping_bucket(struct list *bucket, int64_t now_ms)
{
	/* a missed tick has not checked the pongs of this bucket yet */
	ping_wheel_check_bucket(bucket, now_ms);
	for (struct list *l = bucket->next; l != bucket; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, ping.entry);

		c->conns->events->ping_interval(c->conns->ctx, c);
		if (c->state != CONN_OPEN || c->out.blocked)
			continue;
		if (c->ping.ping_at_ms != PING_NONE)
			continue; /* the last ping is still on its way to a slow client */
		c->ping.ping_at_ms = now_ms;
		c->ping.taken = peer_taken(ws_fd(c->wsi));
		conn_write_ping(c);
	}
}

void
ping_wheel_turn(struct ping_wheel *w, int64_t now_ms)
{
	unsigned turns = 0;

	while (now_ms - w->last_ms >= PING_TICK_MS) {
		w->last_ms += PING_TICK_MS;
		w->at = (w->at + 1) % BUCKETS;
		if (++turns > CATCH_UP) {
			w->last_ms = now_ms;
			break;
		}
		ping_wheel_check_bucket(
		    &w->buckets[(w->at + BUCKETS - LATE) % BUCKETS], now_ms);
		ping_wheel_ping_bucket(&w->buckets[w->at], now_ms);
	}
}
