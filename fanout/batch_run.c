/* Commits a batch of one partition. When PostgreSQL refuses the batch, bisects it until
 * the refused part is a single message, and makes that message a dead letter. */
#include "batch_private.h"
#include "conf/crash_point.h"
#include "core/log.h"
#include "fanout_metrics.h"

#include "core/banned.h"

struct run {
	struct batch *batch;
	const char *source;
	const struct batch_fence *fence;
	const struct queue_msg **entries; /* the entry of each envelope */
	struct es_err *err;
};

static enum batch_end
batch_run_end_of(const struct run *r, enum es_code rc)
{
	return rc == ES_OK ? BATCH_DONE : batch_failed(r->batch, r->err);
}

static enum batch_end
batch_run_dead_letter(struct run *r, const struct queue_msg *entry,
    const struct envelope *e, const char *part, const char *sqlstate, const char *reason)
{
	const struct batch_ctx *ctx = r->batch->ctx;
	struct arena *a = r->batch->arena;
	/* The source id also names the message, because two poison messages of one entry
	 * are two dead letters. */
	const struct batch_dead dead = {
	    .source = r->source,
	    .source_id = arena_printf(a, "%s%s%s",
		*entry->position != '\0' ? entry->position : entry->receipt,
		*part != '\0' ? "/" : "", part),
	    .tenant = e != NULL ? e->tenant.text : NULL,
	    .channel = e != NULL ? e->channel.text : NULL,
	    .envelope = e != NULL ? e->id.text : NULL,
	    .sqlstate = sqlstate,
	    .reason = arena_strdup(a, reason),
	    .entry = entry->body,
	    .len = entry->len,
	    .of = e,
	};
	const enum es_code rc =
	    batch_store_dead_letter(ctx->pg, r->fence, &dead, a, r->err);

	if (rc == ES_OK) {
		metrics_add(ctx->metrics, FM_DEAD, 1);
		log_error("dead letter", LOG_STR("source", dead.source),
		    LOG_STR("source_id", dead.source_id), LOG_STR("tenant", dead.tenant),
		    LOG_STR("reason", dead.reason));
	}
	return batch_run_end_of(r, rc);
}

/* Decodes entries until the batch is full. An entry that is not an envelope becomes a
 * dead letter. */
static enum batch_end
batch_run_decode(struct run *r, const struct queue_msg msgs[], size_t n, size_t *taken)
{
	struct batch *b = r->batch;
	enum batch_end end = BATCH_DONE;
	bool odd = true;

	*taken = 0;
	while (odd && *taken < n && end == BATCH_DONE) {
		const size_t first = b->n;
		const size_t more =
		    batch_add(b, r->source, msgs + *taken, n - *taken, &odd);

		for (size_t i = 0; i < more; i++)
			r->entries[first + i] = &msgs[*taken + i];
		*taken += more;
		if (!odd)
			break;
		end = batch_run_dead_letter(r, &msgs[*taken], NULL, "", NULL,
		    arena_printf(
			b->arena, "not an envelope: %s %s", b->odd.field, b->odd.text));
		if (end == BATCH_DONE)
			++*taken;
	}
	return end;
}

/* Moves a message that PostgreSQL will never accept to the dead letters, and sends its
 * sender a refusal. */
static enum batch_end
batch_run_refuse_poison(struct run *r, const struct piece *p)
{
	struct outcome *o = &r->batch->outcomes[p->entry][p->first];
	const struct es_err why = *r->err;
	char reason[ES_REASON_MAX];
	enum batch_end end;

	es_err_reason(&why, reason);
	end = batch_run_dead_letter(r, r->entries[p->entry], &p->envelope,
	    p->envelope.messages[0].client_id, why.sqlstate, reason);
	if (end == BATCH_DONE)
		*o = (struct outcome){.client_id = p->envelope.messages[0].client_id,
		    .result = OUTCOME_REFUSED,
		    .code = ES_INVALID};
	return end;
}

/* Commits nothing: the partition waits until an operator has raised the counters.
 * PostgreSQL's message names the constraint and the key. */
static enum batch_end
batch_run_wait_for_counters(struct run *r, enum es_code rc)
{
	const struct batch_ctx *ctx = r->batch->ctx;

	metrics_add(ctx->metrics, FM_MISCOUNTED, 1);
	log_error("a channel's counter is behind its messages; run "
		  "'echostreamctl db recovered'",
	    LOG_STR("source", r->source), LOG_STR("sqlstate", r->err->sqlstate),
	    LOG_STR("reason", pg_detail(ctx->pg)));
	return batch_run_end_of(r, rc);
}

static enum batch_end batch_run_commit(
    struct run *r, const struct piece pieces[], size_t n);

/* Commits an envelope of several messages as two halves, in order. */
static enum batch_end
batch_run_split(struct run *r, const struct piece *p)
{
	const size_t half = p->envelope.n / 2;
	struct piece parts[2] = {*p, *p};
	enum batch_end end;

	parts[0].envelope.n = half;
	parts[1].envelope.messages += half;
	parts[1].envelope.n -= half;
	parts[1].first += half;
	end = batch_run_commit(r, &parts[0], 1);
	return end == BATCH_DONE ? batch_run_commit(r, &parts[1], 1) : end;
}

static enum batch_end
batch_run_commit(struct run *r, const struct piece pieces[], size_t n)
{
	struct batch *b = r->batch;
	struct envelope *envelopes = arena_alloc(b->arena, n * sizeof(*envelopes));
	struct batch_result result;
	enum batch_end end;
	enum es_code rc;

	for (size_t i = 0; i < n; i++)
		envelopes[i] = pieces[i].envelope;
	rc = batch_store_commit(
	    b->ctx->pg, r->fence, envelopes, n, b->arena, &result, r->err);
	if (rc == ES_OK) {
		batch_add_result(b, pieces, n, &result);
		return BATCH_DONE;
	}
	if (batch_store_fenced(r->err) || pg_transient(r->err->sqlstate))
		return batch_run_end_of(r, rc);
	if (batch_store_miscounted(b->ctx->pg, r->err))
		return batch_run_wait_for_counters(r, rc);
	if (n == 1)
		return pieces[0].envelope.n == 1 ? batch_run_refuse_poison(r, pieces)
		                                 : batch_run_split(r, pieces);
	end = batch_run_commit(r, pieces, n / 2);
	return end == BATCH_DONE ? batch_run_commit(r, pieces + n / 2, n - n / 2) : end;
}

enum batch_end
batch_run(const struct batch_ctx *ctx, const char *source,
    const struct batch_fence *fence, const struct queue_msg msgs[], size_t n,
    size_t *taken, struct arena *a, struct es_err *err)
{
	struct run r = {.batch = batch_new(ctx, n, a),
	    .source = source,
	    .fence = fence,
	    .entries = arena_alloc(a, n * sizeof(*r.entries)),
	    .err = err};
	struct batch *b = r.batch;
	enum batch_end end = batch_run_decode(&r, msgs, n, taken);

	CRASH_POINT("before_commit");
	if (end == BATCH_DONE && b->n > 0)
		end = batch_run_commit(&r, b->pieces, b->n);
	/* After a failure nothing is published: the next try finds the committed part as
	 * repeats and publishes it. */
	if (end == BATCH_DONE) {
		batch_publish(b);
		batch_published(b);
	} else {
		batch_observe(b);
	}
	return end;
}
