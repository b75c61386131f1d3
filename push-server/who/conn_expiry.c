#include "who/conn_expiry.h"

#include "conn/frame_out.h"
#include "conn/ping_wheel.h"

#include "core/banned.h"

#define NOTICE_S 60 /* token_expiring is sent this long before the expiry */
/* conn_expiry_watch() runs only once in a ping interval for each connection. So it puts a
 * connection on the list one interval before the notice is due. */
#define WATCH_S (NOTICE_S + PING_INTERVAL_MS / 1000 + 2)

void
conn_expiry_watch(struct list *expiring, struct conn *c)
{
	const int64_t left_s = c->expires_s - clock_wall_ms() / 1000;

	if (list_empty(&c->auth.expiring) && left_s <= WATCH_S)
		list_add_tail(expiring, &c->auth.expiring);
}

void
conn_expiry_tick(struct list *expiring)
{
	const int64_t now_s = clock_wall_ms() / 1000;
	struct list *next;

	for (struct list *l = expiring->next; l != expiring; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, auth.expiring);

		next = l->next;
		if (c->state != CONN_OPEN || c->expires_s > now_s + WATCH_S) {
			list_del(&c->auth.expiring);
		} else if (c->expires_s <= now_s) {
			conn_close(c, CLOSE_TOKEN_EXPIRED, "the token has expired");
		} else if (!c->auth.expiry_notified && c->expires_s <= now_s + NOTICE_S) {
			c->auth.expiry_notified = true;
			frame_out_token_expiring(c, c->expires_s);
		}
	}
}

void
conn_expiry_forget(struct conn *c)
{
	list_del(&c->auth.expiring);
}
