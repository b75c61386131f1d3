#include "batch.h"

#include <string.h>

#include "conf/crash_point.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/outage.h"
#include "fanout_metrics.h"
#include "publication.h"
#include "trace/trace.h"

#include "core/banned.h"

/* Consecutive messages of one envelope: all of them at first, fewer after a split around
 * a poison message. */
struct piece {
	struct envelope envelope;
	size_t entry; /* index of the envelope in the batch */
	size_t first; /* index of the first message in the envelope */
};

struct batch {
	const struct batch_ctx *ctx;
	const struct batch_fence *fence;
	const struct queue_msg *msgs;
	struct arena *arena;
	struct piece *pieces; /* one per entry that is an envelope, in order */
	size_t n;
	const struct queue_msg **entries; /* the entry of each envelope */
	struct trace_span *spans;         /* the span of each envelope */
	struct outcome **outcomes;        /* by envelope and message */
	struct publication *publication;
	struct es_err *err;
	size_t n_messages, n_bytes;
};

static enum batch_end
batch_end_of(const struct batch *b, enum es_code rc)
{
	if (rc == ES_OK)
		return BATCH_DONE;
	if (batch_store_fenced(b->err)) {
		metrics_add(b->ctx->metrics, FM_FENCED, 1);
		return BATCH_FENCED;
	}
	metrics_add(b->ctx->metrics, FM_RETRIES, 1);
	return BATCH_RETRY;
}

static enum batch_end
batch_dead_letter(struct batch *b, const struct queue_msg *entry,
    const struct envelope *e, const char *part, const char *sqlstate, const char *reason)
{
	/* The source id names the message, too: two poison messages of one entry are two
	 * dead letters. */
	const struct batch_dead dead = {
	    .source = b->ctx->source,
	    .source_id = arena_printf(b->arena, "%s%s%s",
		*entry->position != '\0' ? entry->position : entry->receipt,
		*part != '\0' ? "/" : "", part),
	    .tenant = e != NULL ? e->tenant.text : NULL,
	    .channel = e != NULL ? e->channel.text : NULL,
	    .envelope = e != NULL ? e->id.text : NULL,
	    .sqlstate = sqlstate,
	    .reason = arena_strdup(b->arena, reason),
	    .entry = entry->body,
	    .len = entry->len,
	    .of = e,
	};
	const enum es_code rc =
	    batch_store_dead_letter(b->ctx->pg, b->fence, &dead, b->arena, b->err);

	if (rc == ES_OK) {
		metrics_add(b->ctx->metrics, FM_DEAD, 1);
		log_error("dead letter", LOG_STR("source", dead.source),
		    LOG_STR("source_id", dead.source_id), LOG_STR("tenant", dead.tenant),
		    LOG_STR("reason", dead.reason));
	}
	return batch_end_of(b, rc);
}

/* True when a further entry would exceed the limits of one transaction. */
static bool
batch_is_full_for(const struct batch *b, size_t n_messages, size_t n_bytes)
{
	return b->n_messages + n_messages > b->ctx->max_messages ||
	       b->n_bytes + n_bytes > b->ctx->max_bytes;
}

/* Begins the span of an envelope, which becomes the parent of what the commit causes. */
static void
batch_begin_span(const struct batch *b, struct envelope *e, struct trace_span *span)
{
	trace_join(b->ctx->trace, e->traceparent, span);
	if (span->sampled)
		e->traceparent =
		    trace_next(span, arena_alloc(b->arena, TRACE_PARENT_TEXT), NULL);
}

static void
batch_end_span(const struct batch *b, const struct envelope *e,
    const struct trace_span *span, const struct outcome *first)
{
	const struct trace_attr attrs[] = {
	    TRACE_TEXT("messaging.destination.name", b->ctx->source),
	    TRACE_NUMBER("messaging.batch.message_count", (int64_t)e->n),
	    TRACE_TEXT("echostream.tenant", e->tenant.text),
	    TRACE_TEXT("echostream.channel", e->channel.text),
	    TRACE_NUMBER("echostream.message_id", first->message_id),
	};

	trace_end(b->ctx->trace, span, "commit", TRACE_CONSUMER, attrs, ES_COUNT(attrs),
	    first->result == OUTCOME_REFUSED ? es_code_name(first->code) : NULL);
}

/* Decodes entries until the batch is full. An entry that is not an envelope becomes a
 * dead letter. */
static enum batch_end
batch_decode(struct batch *b, size_t n_msgs, size_t *taken)
{
	for (*taken = 0; *taken < n_msgs; ++*taken) {
		const size_t i = *taken;
		struct piece *p = &b->pieces[b->n];
		struct es_err why;
		enum batch_end end;

		*p = (struct piece){.entry = b->n};
		if (envelope_decode(b->msgs[i].body, b->msgs[i].len, b->arena,
			&p->envelope, &why) == ES_OK) {
			if (i > 0 && batch_is_full_for(b, p->envelope.n, b->msgs[i].len))
				return BATCH_DONE;
			batch_begin_span(b, &p->envelope, &b->spans[b->n]);
			b->entries[b->n] = &b->msgs[i];
			b->outcomes[b->n] =
			    arena_alloc(b->arena, p->envelope.n * sizeof(**b->outcomes));
			b->n_messages += p->envelope.n;
			b->n_bytes += b->msgs[i].len;
			b->n++;
			continue;
		}
		end = batch_dead_letter(b, &b->msgs[i], NULL, "", NULL,
		    arena_printf(
			b->arena, "not an envelope: %s %s", why.field, why.text));
		if (end != BATCH_DONE)
			return end;
	}
	return BATCH_DONE;
}

static void
batch_add_result(struct batch *b, const struct piece pieces[], size_t n,
    const struct batch_result *result)
{
	for (size_t i = 0; i < n; i++)
		memcpy(b->outcomes[pieces[i].entry] + pieces[i].first,
		    result->replies[i].outcomes,
		    result->replies[i].n * sizeof(struct outcome));
	for (size_t i = 0; i < result->n_events; i++)
		publication_add_event(b->publication, &result->events[i]);
	metrics_add(b->ctx->metrics, FM_COMMITTED, result->n_committed);
	metrics_add(b->ctx->metrics, FM_REPEAT, result->n_repeats);
	metrics_add(b->ctx->metrics, FM_REFUSED, result->n_refused);
}

/* Moves a message that PostgreSQL will never accept to the dead letters, and sends its
 * sender a refusal. */
static enum batch_end
batch_refuse_poison(struct batch *b, const struct piece *p)
{
	struct outcome *o = &b->outcomes[p->entry][p->first];
	const struct es_err why = *b->err;
	char reason[ES_REASON_MAX];
	enum batch_end end;

	es_err_reason(&why, reason);
	end = batch_dead_letter(b, b->entries[p->entry], &p->envelope,
	    p->envelope.messages[0].client_id, why.sqlstate, reason);
	if (end == BATCH_DONE)
		*o = (struct outcome){.client_id = p->envelope.messages[0].client_id,
		    .result = OUTCOME_REFUSED,
		    .code = ES_INVALID};
	return end;
}

/* The partition waits until an operator has raised the counters. PostgreSQL's message
 * names the constraint and the key. */
static enum batch_end
batch_wait_for_counters(struct batch *b, enum es_code rc)
{
	metrics_add(b->ctx->metrics, FM_MISCOUNTED, 1);
	log_error("a channel's counter is behind its messages; run "
		  "'echostreamctl db recovered'",
	    LOG_STR("source", b->ctx->source), LOG_STR("sqlstate", b->err->sqlstate),
	    LOG_STR("reason", pg_detail(b->ctx->pg)));
	return batch_end_of(b, rc);
}

static enum batch_end batch_commit(
    struct batch *b, const struct piece pieces[], size_t n);

/* Commits an envelope of several messages as two halves, in order. */
static enum batch_end
batch_split(struct batch *b, const struct piece *p)
{
	const size_t half = p->envelope.n / 2;
	struct piece parts[2] = {*p, *p};
	enum batch_end end;

	parts[0].envelope.n = half;
	parts[1].envelope.messages += half;
	parts[1].envelope.n -= half;
	parts[1].first += half;
	end = batch_commit(b, &parts[0], 1);
	return end == BATCH_DONE ? batch_commit(b, &parts[1], 1) : end;
}

static enum batch_end
batch_commit(struct batch *b, const struct piece pieces[], size_t n)
{
	struct envelope *envelopes = arena_alloc(b->arena, n * sizeof(*envelopes));
	struct batch_result result;
	enum batch_end end;
	enum es_code rc;

	for (size_t i = 0; i < n; i++)
		envelopes[i] = pieces[i].envelope;
	rc = batch_store_commit(
	    b->ctx->pg, b->fence, envelopes, n, b->arena, &result, b->err);
	if (rc == ES_OK) {
		batch_add_result(b, pieces, n, &result);
		return BATCH_DONE;
	}
	if (batch_store_fenced(b->err) || pg_transient(b->err->sqlstate))
		return batch_end_of(b, rc);
	if (batch_store_miscounted(b->ctx->pg, b->err))
		return batch_wait_for_counters(b, rc);
	if (n == 1)
		return pieces[0].envelope.n == 1 ? batch_refuse_poison(b, pieces)
		                                 : batch_split(b, pieces);
	end = batch_commit(b, pieces, n / 2);
	return end == BATCH_DONE ? batch_commit(b, pieces + n / 2, n - n / 2) : end;
}

static void
batch_add_replies(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct envelope *e = &b->pieces[i].envelope;
		const struct reply reply = {
		    .envelope = e->id, .outcomes = b->outcomes[i], .n = e->n};

		if (e->reply != NULL && strncmp(e->reply, TOPIC_REPLY_PREFIX,
					    sizeof(TOPIC_REPLY_PREFIX) - 1) == 0)
			publication_add_reply(b->publication, e->reply, &reply);
	}
}

static void
batch_publish(struct batch *b)
{
	struct es_err why;

	batch_add_replies(b);
	if (publication_send(b->publication, b->ctx->redis, &why) == ES_OK)
		return;
	metrics_add(b->ctx->metrics, FM_PUBLISH_FAILED, 1);
	/* push-server notices the gap in the numbers and reads the events from
	 * PostgreSQL. */
	outage_report_failure(OUTAGE_REDIS, &why);
}

enum batch_end
batch_run(const struct batch_ctx *ctx, const struct batch_fence *fence,
    const struct queue_msg msgs[], size_t n, size_t *taken, struct arena *a,
    struct es_err *err)
{
	const int64_t start_us = clock_mono_us();
	struct batch b = {
	    .ctx = ctx, .fence = fence, .msgs = msgs, .arena = a, .err = err};
	enum batch_end end;

	b.pieces = arena_alloc(a, n * sizeof(*b.pieces));
	b.entries = arena_alloc(a, n * sizeof(*b.entries));
	b.outcomes = arena_alloc(a, n * sizeof(*b.outcomes));
	b.spans = arena_alloc(a, n * sizeof(*b.spans));
	b.publication = publication_new(a);
	end = batch_decode(&b, n, taken);
	CRASH_POINT("before_commit");
	if (end == BATCH_DONE && b.n > 0)
		end = batch_commit(&b, b.pieces, b.n);
	CRASH_POINT("after_commit");
	/* After a failure nothing is published: the next try finds the committed part as
	 * repeats and publishes it. */
	if (end == BATCH_DONE)
		batch_publish(&b);
	CRASH_POINT("after_publish");
	if (end == BATCH_DONE)
		for (size_t i = 0; i < b.n; i++)
			batch_end_span(
			    &b, &b.pieces[i].envelope, &b.spans[i], b.outcomes[i]);
	metrics_observe(
	    ctx->metrics, FM_PROCESSING, (double)(clock_mono_us() - start_us) / 1e6);
	metrics_observe(ctx->metrics, FM_BATCH, (double)b.n_messages);
	return end;
}
