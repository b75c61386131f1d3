#include "who/conn_expiry.h"

#include "conn/frame_out.h"
#include "conn/ping_wheel.h"

#include "core/banned.h"

#define NOTICE_S 60
/* conn_expiry_watch() runs once in a ping interval for each connection. So it puts the
 * connection on the list one interval before the notice is due. conn_expiry_tick() then
 * checks each connection on the list every second. */
#define WATCH_S (NOTICE_S + PING_INTERVAL_MS / 1000 + 2)

void
conn_expiry_watch(struct list *expiring, struct conn *c)
{
	const int64_t left_s = c->expires_s - clock_wall_ms() / 1000;

	if (list_empty(&c->who.expiring) && left_s <= WATCH_S)
		list_add_tail(expiring, &c->who.expiring);
}

void
conn_expiry_tick(struct list *expiring)
{
	const int64_t now_s = clock_wall_ms() / 1000;
	struct list *next;

	for (struct list *l = expiring->next; l != expiring; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, who.expiring);

		next = l->next;
		if (c->state != CONN_OPEN || c->expires_s > now_s + WATCH_S) {
			list_del(&c->who.expiring);
		} else if (c->expires_s <= now_s) {
			conn_close(c, CLOSE_TOKEN_EXPIRED, "the token has expired");
		} else if (!c->who.expiry_told && c->expires_s <= now_s + NOTICE_S) {
			c->who.expiry_told = true;
			frame_out_token_expiring(c, c->expires_s);
		}
	}
}

void
conn_expiry_forget(struct conn *c)
{
	list_del(&c->who.expiring);
}
