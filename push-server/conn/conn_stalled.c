#include "conn/conn_stalled.h"

#include <stdio.h>

#include "conn/conn.h"
#include "conn/peer.h"
#include "conn/ws.h"

#include "core/banned.h"

static bool
conn_stalled_live(const struct conn *c)
{
	return c->state == CONN_GREETING || c->state == CONN_OPEN;
}

/* Returns true when the peer of a blocked socket took bytes since the last check. The
 * connection then moves to the end of the list, whose first peer has taken no bytes for
 * the longest time. */
static bool
conn_stalled_took_some(struct conn *c)
{
	const uint64_t taken = peer_taken(ws_fd(c->wsi));

	if (taken == c->out.taken)
		return false;
	c->out.taken = taken;
	c->out.taken_ms = c->conns->env->now_ms;
	list_move_tail(&c->conns->slow, &c->out.slow);
	return true;
}

/* A client that takes some bytes is slow but alive: the hub skips events for it and sends
 * a gap. A client that takes none for ES_PUSH_STALLED_MS is closed. */
void
conn_stalled_tick(struct conns *t)
{
	const struct list *last = t->slow.prev;
	const int64_t limit_ms = t->env->conf->stalled_ms;
	struct list *next;
	char reason[CLOSE_REASON_MAX + 1];

	(void)snprintf(reason, sizeof(reason),
	    "too slow: the client read nothing for %lld s", (long long)limit_ms / 1000);
	for (struct list *l = t->slow.next; l != &t->slow; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, out.slow);

		next = l->next;
		if (conn_stalled_live(c) && !conn_stalled_took_some(c) &&
		    t->env->now_ms - c->out.taken_ms >= limit_ms) {
			metrics_add(t->env->metrics, PM_SLOW, 1);
			conn_close(c, CLOSE_SLOW, reason);
		}
		if (l == last)
			return; /* this walk has moved the entries after it */
	}
}
