#include "conn/conn.h"

#include <stdio.h>
#include <string.h>

#include "conn/conn_write.h"
#include "conn/early_bytes.h"
#include "core/check.h"

#include "core/banned.h"

#define CLOSE_MS 3000 /* the peer must answer the Close frame within this time */

#define MAY_BECOME(state) (1U << (state))
static const unsigned may_become[CONN_STATES] = {
    [CONN_UPGRADING] = MAY_BECOME(CONN_GREETING) | MAY_BECOME(CONN_GONE),
    [CONN_GREETING] =
	MAY_BECOME(CONN_OPEN) | MAY_BECOME(CONN_CLOSING) | MAY_BECOME(CONN_GONE),
    [CONN_OPEN] = MAY_BECOME(CONN_CLOSING) | MAY_BECOME(CONN_GONE),
    [CONN_CLOSING] = MAY_BECOME(CONN_GONE),
};

void
conns_init(struct conns *t, struct loop_env *env, uint32_t size,
    const struct conn_events *events, void *ctx)
{
	*t = (struct conns){.env = env, .events = events, .ctx = ctx};
	t->slots = mem_new(size, sizeof(struct conn *));
	t->generations = mem_new(size, sizeof(*t->generations));
	t->vacant = mem_new(size, sizeof(*t->vacant));
	t->size = t->n_vacant = size;
	for (uint32_t i = 0; i < size; i++)
		t->vacant[i] = size - 1 - i;
	list_init(&t->all);
	list_init(&t->doomed);
	list_init(&t->closing);
	list_init(&t->flush);
	list_init(&t->lossy);
	list_init(&t->lossy_paused);
	list_init(&t->slow);
}

void
conns_fini(struct conns *t)
{
	mem_free(t->slots);
	mem_free(t->generations);
	mem_free(t->vacant);
	*t = (struct conns){0};
}

static void
conn_init_lists(struct conn *c)
{
	list_init(&c->lanes);
	list_init(&c->out.slow);
	list_init(&c->out.flush);
	list_init(&c->out.lossy_entry);
	list_init(&c->io.all);
	list_init(&c->io.doomed);
	list_init(&c->ping.entry);
	list_init(&c->auth.greeting);
	list_init(&c->auth.expiring);
	list_init(&c->auth.revalidate);
}

struct conn *
conn_new(struct conns *t)
{
	struct conn *c;

	if (t->n_vacant == 0)
		return NULL;
	c = mem_new(1, sizeof(*c));
	c->conns = t;
	c->ref.slot = t->vacant[--t->n_vacant];
	c->ref.generation = ++t->generations[c->ref.slot];
	uuid_new(c->id.text);
	c->state = CONN_UPGRADING;
	c->last_frame_ms = t->env->now_ms;
	conn_init_lists(c);
	t->slots[c->ref.slot] = c;
	t->n++;
	list_add_tail(&t->all, &c->io.all);
	return c;
}

void
conn_free(struct conn *c)
{
	struct conns *t = c->conns;

	CHECK(c->state == CONN_GONE && c->wsi == NULL && !c->io.greeted);
	t->events->freed(t->ctx, c);
	list_del(&c->io.doomed);
	list_del(&c->io.all);
	t->slots[c->ref.slot] = NULL;
	t->vacant[t->n_vacant++] = c->ref.slot;
	t->n--;
	early_bytes_end(c);
	conn_write_fini(c);
	conn_bytes_fini(&c->io.message);
	conn_bytes_fini(&c->io.control);
	conn_bytes_fini(&c->io.pong);
	conn_bytes_fini(&c->in.waiting);
	mem_free(c->io.origin);
	mem_free(c->io.reason);
	mem_free(c->display_name);
	mem_free(c);
}

struct conn *
conn_get(struct conns *t, struct conn_ref ref)
{
	struct conn *c = ref.slot < t->size ? t->slots[ref.slot] : NULL;

	if (c == NULL || c->ref.generation != ref.generation || c->state > CONN_OPEN)
		return NULL;
	return c;
}

void
conn_set_state(struct conn *c, enum conn_state next)
{
	struct metrics *m = c->conns->env->metrics;

	CHECK(may_become[c->state] & MAY_BECOME(next));
	if (next == CONN_OPEN) {
		metrics_gauge_add(m, PM_CONNECTIONS, 1);
		early_bytes_end(c);
	}
	if (c->state == CONN_OPEN)
		metrics_gauge_add(m, PM_CONNECTIONS, -1);
	c->state = next;
	if (next == CONN_CLOSING || next == CONN_GONE)
		list_move_tail(&c->conns->doomed, &c->io.doomed);
}

void
conn_on_greeted(struct conn *c)
{
	CHECK(!c->io.greeted);
	c->io.greeted = true;
	c->conns->events->greeted(c->conns->ctx, c);
}

void
conn_close(struct conn *c, uint16_t code, const char *reason)
{
	char text[CLOSE_REASON_MAX + 1];

	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return;
	conn_write_last(c);
	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return; /* a write to the socket has failed */
	c->io.code = code;
	(void)snprintf(text, sizeof(text), "%s", reason);
	c->io.reason = mem_strdup(text);
	c->io.cut_at_ms = c->conns->env->now_ms + CLOSE_MS;
	conn_set_state(c, CONN_CLOSING);
}

void
conn_on_peer_close(struct conn *c, uint16_t code)
{
	c->io.peer_closes = true;
	if (c->io.code == 0)
		c->io.code = code;
	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return;
	c->io.cut_at_ms = c->conns->env->now_ms + CLOSE_MS;
	conn_set_state(c, CONN_CLOSING);
}

void
conn_on_lost(struct conn *c)
{
	const unsigned code = c->io.code != 0 ? c->io.code : CLOSE_LOST;

	if (c->state == CONN_GONE)
		return;
	c->wsi = NULL;
	if (c->io.upgraded) {
		metrics_add(c->conns->env->metrics, push_metrics_close(code), 1);
		log_debug("ws.close", CONN_LOG(c), LOG_INT("code", code));
	}
	conn_set_state(c, CONN_GONE);
}
