#include "send/change_gate.h"

#include "core/check.h"
#include "event/envelope.h"
#include "pg/pg_async.h"
#include "store/envelope_version.h"

#include "core/banned.h"

/* How long an answer counts. Clients get edits 10 s after the end of an upgrade, and an
 * operator who undoes one waits as long before old programs start (docs/upgrade.md). */
#define CHANGE_GATE_KEEP_MS 10000
#define CHANGE_GATE_ASK_MS  2000 /* deadline of the question */

struct change_gate {
	const struct loop_env *env;
	struct pg_async *pg;
	int64_t version;  /* 0: unknown */
	int64_t asked_ms; /* time of the last answer's question */
	bool asking;
};

struct change_gate *
change_gate_new(const struct loop_env *env, struct pg_async *pg)
{
	struct change_gate *g = mem_new(1, sizeof(*g));

	g->env = env;
	g->pg = pg;
	return g;
}

void
change_gate_free(struct change_gate **g)
{
	mem_free(*g);
	*g = NULL;
}

enum es_code
change_gate_check(const struct change_gate *g, struct es_err *err)
{
	if (g->version >= ENVELOPE_VERSION)
		return ES_OK;
	IGNORE(es_fail(err, ES_UNAVAILABLE, "%s",
	    g->version == 0
		? "the server cannot check at the moment whether all its programs know "
		  "edits and reactions; try again"
		: "an upgrade of the server is under way; edits, deletes and reactions "
		  "work again when it has ended"));
	err->retry_after_ms = g->version == 0 ? 1000 : CHANGE_GATE_KEEP_MS;
	return ES_UNAVAILABLE;
}

/* A failed question leaves the old answer, because the database rarely goes back to an
 * older version. The next tick asks again. */
static void
change_gate_on_answer(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct change_gate *g = ctx;

	(void)err;
	g->asking = false;
	if (rc == ES_OK)
		g->version = envelope_version_read(rows, a);
	else
		g->asked_ms = INT64_MIN;
}

void
change_gate_tick(struct change_gate *g)
{
	struct es_err err;

	if (g->asking ||
	    (g->version != 0 && g->asked_ms > g->env->now_ms - CHANGE_GATE_KEEP_MS))
		return;
	g->asking = true;
	g->asked_ms = g->env->now_ms;
	if (pg_async_send(g->pg, NULL, &envelope_version_stmt, NULL, CHANGE_GATE_ASK_MS,
		change_gate_on_answer, g, &err) != ES_OK) {
		g->asking = false;
		g->asked_ms = INT64_MIN;
	}
}
