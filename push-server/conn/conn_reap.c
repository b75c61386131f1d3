#include "conn/conn_reap.h"

#include "conn/ws.h"
#include "core/check.h"

#include "core/banned.h"

void
conn_reap(struct conns *t)
{
	struct list *l;

	while ((l = list_first(&t->doomed)) != NULL) {
		struct conn *c = LIST_ITEM(l, struct conn, io.doomed);

		if (c->io.greeted) {
			c->io.greeted = false;
			t->events->closing(t->ctx, c);
		}
		if (c->state == CONN_GONE) {
			conn_free(c);
			continue;
		}
		list_move_tail(&t->closing, &c->io.doomed);
		if (c->io.dead)
			ws_cut(c->wsi); /* calls conn_on_lost() before it returns */
		else
			ws_want_writable(c->wsi); /* to write the Close frame */
	}
}

void
conn_reap_overdue(struct conns *t)
{
	struct list *next;

	for (struct list *l = t->closing.next; l != &t->closing; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.doomed);

		/* ws_cut() calls conn_on_lost(), which moves c to t->doomed */
		next = l->next;
		if (c->io.cut_at_ms <= t->env->now_ms)
			ws_cut(c->wsi);
	}
}
