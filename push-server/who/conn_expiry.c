#include "who/conn_expiry.h"

#include "conn/frame_out.h"
#include "conn/ping_wheel.h"
#include "worker/worker.h"

#include "core/banned.h"

#define NOTICE_S 60
/* A connection is looked at once in a ping interval: watched closely from here on. */
#define WATCH_S (NOTICE_S + PING_INTERVAL_MS / 1000 + 2)

void
conn_expiry_watch(struct conn *c)
{
	const int64_t left_s = c->expires_s - clock_wall_ms() / 1000;

	if (c->in.on_expiring || left_s > WATCH_S)
		return;
	LIST_INSERT_HEAD(&c->worker->expiring, c, in.expiring);
	c->in.on_expiring = true;
}

void
conn_expiry_tick(struct worker *w)
{
	const int64_t now_s = clock_wall_ms() / 1000;
	struct conn *c, *next;

	for (c = LIST_FIRST(&w->expiring); c != NULL; c = next) {
		next = LIST_NEXT(c, in.expiring);
		if (c->state != CONN_OPEN || c->expires_s > now_s + WATCH_S) {
			LIST_REMOVE(c, in.expiring);
			c->in.on_expiring = false;
		} else if (c->expires_s <= now_s) {
			conn_close(c, CLOSE_TOKEN_EXPIRED, "token expired");
		} else if (!c->in.expiry_told && c->expires_s <= now_s + NOTICE_S) {
			c->in.expiry_told = true;
			frame_out_token_expiring(c, c->expires_s);
		}
	}
}

void
conn_expiry_forget(struct conn *c)
{
	if (c->in.on_expiring)
		LIST_REMOVE(c, in.expiring);
	c->in.on_expiring = false;
}
