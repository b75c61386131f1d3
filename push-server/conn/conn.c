#include "conn/conn.h"

#include <stdio.h>
#include <string.h>

#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "conn/ws.h"
#include "core/check.h"
#include "send/send_queue.h"
#include "who/conn_auth.h"
#include "worker/worker.h"

#include "core/banned.h"

#define CLOSE_MS 3000 /* for the peer to take and answer our close frame */

#define MAY_BECOME(state) (1U << (state))
static const unsigned may_become[CONN_STATES] = {
    [CONN_UPGRADING] = MAY_BECOME(CONN_GREETING) | MAY_BECOME(CONN_GONE),
    [CONN_GREETING] =
	MAY_BECOME(CONN_OPEN) | MAY_BECOME(CONN_CLOSING) | MAY_BECOME(CONN_GONE),
    [CONN_OPEN] = MAY_BECOME(CONN_CLOSING) | MAY_BECOME(CONN_GONE),
    [CONN_CLOSING] = MAY_BECOME(CONN_GONE),
};

void
conn_table_init(struct conn_table *t, uint32_t size)
{
	memset(t, 0, sizeof(*t));
	t->slots = mem_new(size, sizeof(struct conn *));
	t->generations = mem_new(size, sizeof(*t->generations));
	t->vacant = mem_new(size, sizeof(*t->vacant));
	t->size = t->n_vacant = size;
	for (uint32_t i = 0; i < size; i++)
		t->vacant[i] = size - 1 - i;
	TAILQ_INIT(&t->all);
	TAILQ_INIT(&t->doomed);
	TAILQ_INIT(&t->closing);
}

void
conn_table_fini(struct conn_table *t)
{
	mem_free(t->slots);
	mem_free(t->generations);
	mem_free(t->vacant);
	memset(t, 0, sizeof(*t));
}

struct conn *
conn_new(struct worker *w, struct conn_table *t)
{
	struct conn *c;

	if (t->n_vacant == 0)
		return NULL;
	c = mem_new(1, sizeof(*c));
	c->worker = w;
	c->ref.slot = t->vacant[--t->n_vacant];
	c->ref.generation = ++t->generations[c->ref.slot];
	uuid_new(c->id.text);
	c->state = CONN_UPGRADING;
	c->last_frame_ms = w->now_ms;
	t->slots[c->ref.slot] = c;
	t->n++;
	TAILQ_INSERT_TAIL(&t->all, c, io.all);
	return c;
}

static void
conn_free(struct conn *c)
{
	struct conn_table *t = &c->worker->conns;

	CHECK(c->state == CONN_GONE && c->wsi == NULL && !c->io.hub_knows);
	TAILQ_REMOVE(&t->all, c, io.all);
	t->slots[c->ref.slot] = NULL;
	t->vacant[t->n_vacant++] = c->ref.slot;
	t->n--;
	conn_auth_forget(c);
	send_queue_forget(c);
	conn_write_fini(c);
	conn_bytes_fini(&c->io.message);
	conn_bytes_fini(&c->in.waiting);
	mem_free(c->io.origin);
	mem_free(c->in.token);
	mem_free(c->in.auth_id);
	mem_free(c->in.jti);
	mem_free(c->display_name);
	mem_free(c);
}

struct conn *
conn_get(struct worker *w, struct conn_ref ref)
{
	struct conn *c = ref.slot < w->conns.size ? w->conns.slots[ref.slot] : NULL;

	if (c == NULL || c->ref.generation != ref.generation || c->state > CONN_OPEN)
		return NULL;
	return c;
}

static void
conn_stand_on(struct conn *c, struct conn_list *list)
{
	if (c->io.on == list)
		return;
	if (c->io.on != NULL)
		TAILQ_REMOVE(c->io.on, c, io.doomed);
	c->io.on = list;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, c, io.doomed);
}

void
conn_set_state(struct conn *c, enum conn_state next)
{
	struct worker *w = c->worker;

	CHECK(may_become[c->state] & MAY_BECOME(next));
	if (next == CONN_OPEN)
		metrics_gauge_add(w->metrics, PM_CONNECTIONS, 1);
	if (c->state == CONN_OPEN) {
		metrics_gauge_add(w->metrics, PM_CONNECTIONS, -1);
		ping_wheel_remove(c);
	}
	c->state = next;
	if (next == CONN_CLOSING || next == CONN_GONE)
		conn_stand_on(c, &w->conns.doomed);
}

void
conn_close(struct conn *c, uint16_t code, const char *reason)
{
	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return;
	conn_write_last(c);
	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return; /* that write has found it dead */
	c->io.code = code;
	(void)snprintf(c->io.reason, sizeof(c->io.reason), "%s", reason);
	c->io.cut_at_ms = c->worker->now_ms + CLOSE_MS;
	conn_set_state(c, CONN_CLOSING);
}

void
conn_peer_closes(struct conn *c, uint16_t code)
{
	if (c->io.code == 0)
		c->io.code = code;
	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return;
	c->io.cut_at_ms = c->worker->now_ms + CLOSE_MS;
	c->io.peer_closes = true;
	conn_set_state(c, CONN_CLOSING);
}

void
conn_lost(struct conn *c)
{
	if (c->state == CONN_GONE)
		return;
	c->wsi = NULL;
	if (c->io.upgraded) {
		metrics_add(c->worker->metrics,
		    push_metrics_close(c->io.code != 0 ? c->io.code : 1006), 1);
		log_debug("ws.close", CONN_LOG(c),
		    LOG_INT("code", c->io.code != 0 ? c->io.code : 1006));
	}
	conn_set_state(c, CONN_GONE);
}

void
conn_reap(struct worker *w)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&w->conns.doomed)) != NULL) {
		if (c->io.hub_knows) {
			c->io.hub_knows = false;
			hub_conn_closed(c);
		}
		if (c->state == CONN_GONE) {
			conn_stand_on(c, NULL);
			conn_free(c);
			continue;
		}
		conn_stand_on(c, &w->conns.closing);
		if (c->io.dead)
			ws_cut(c->wsi); /* conn_lost() comes from inside */
		else if (!c->io.peer_closes)
			ws_want_writable(c->wsi);
	}
}

void
conn_cut_overdue(struct worker *w)
{
	struct conn *c, *next;

	CONN_FOREACH_SAFE(c, &w->conns.closing, io.doomed, next)
	if (c->io.cut_at_ms <= w->now_ms)
		ws_cut(c->wsi);
}

bool
conn_bytes_add(struct conn_bytes *b, const char *data, size_t len, size_t cap)
{
	uint32_t size = b->size > 0 ? b->size : 512;

	if (len > cap || b->len > cap - len)
		return false;
	while (size < b->len + len)
		size *= 2;
	if (size > b->size) {
		b->data = mem_grow(b->data, size);
		b->size = size;
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += (uint32_t)len;
	return true;
}

void
conn_bytes_fini(struct conn_bytes *b)
{
	mem_free(b->data);
	memset(b, 0, sizeof(*b));
}
