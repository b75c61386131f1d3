#include "conn/early_bytes.h"

#include <string.h>

#include "conn/conn.h"
#include "core/check.h"

#include "core/banned.h"

static void
early_bytes_add(struct conns *t, int64_t delta)
{
	t->early_bytes += delta;
	CHECK(t->early_bytes >= 0);
	metrics_gauge_set(t->env->metrics, PM_EARLY_BYTES, t->early_bytes);
}

bool
early_bytes_reserve(struct conns *t, size_t n)
{
	if (t->early_bytes + (int64_t)n > t->env->conf->early_total_bytes)
		return false;
	early_bytes_add(t, (int64_t)n);
	return true;
}

void
early_bytes_release(struct conns *t, size_t n)
{
	early_bytes_add(t, -(int64_t)n);
}

/* The early bytes of a connection without its unfinished message. */
static size_t
early_bytes_waiting(const struct conn *c)
{
	return c->in.waiting.len + (c->auth.token != NULL ? strlen(c->auth.token) : 0);
}

uint16_t
early_bytes_refusal(const struct conn *c, size_t message_len, const char **why)
{
	const struct conns *t = c->conns;
	const size_t max = (size_t)t->env->conf->early_bytes;
	const size_t all = message_len + early_bytes_waiting(c);

	*why = "frame too big before hello";
	if (message_len > max)
		return CLOSE_TOO_BIG;
	*why = "too much was sent before hello";
	if (all > max)
		return CLOSE_PROTOCOL;
	*why = "the server is short of memory";
	if (t->early_bytes - c->in.early + (int64_t)all > t->env->conf->early_total_bytes)
		return CLOSE_OVERLOADED;
	return 0;
}

void
early_bytes_count(struct conn *c)
{
	const int64_t now = (int64_t)(early_bytes_waiting(c) + c->io.message.len);

	if (c->state != CONN_UPGRADING && c->state != CONN_GREETING)
		return;
	early_bytes_add(c->conns, now - c->in.early);
	c->in.early = now;
}

void
early_bytes_end(struct conn *c)
{
	early_bytes_add(c->conns, -c->in.early);
	c->in.early = 0;
}
