#include <string.h>

#include "batch_private.h"
#include "conf/crash_point.h"
#include "core/clock.h"
#include "core/outage.h"
#include "fanout_metrics.h"

#include "core/banned.h"

struct batch *
batch_new(const struct batch_ctx *ctx, size_t max, struct arena *a)
{
	struct batch *b = arena_alloc(a, sizeof(*b));

	*b = (struct batch){
	    .ctx = ctx, .arena = a, .start_us = clock_mono_us(), .max = max};
	b->pieces = arena_alloc(a, max * sizeof(*b->pieces));
	b->sources = arena_alloc(a, max * sizeof(*b->sources));
	b->outcomes = arena_alloc(a, max * sizeof(*b->outcomes));
	b->spans = arena_alloc(a, max * sizeof(*b->spans));
	b->publication = publication_new(a);
	return b;
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
batch_end_span(const struct batch *b, size_t i)
{
	const struct envelope *e = &b->pieces[i].envelope;
	const struct outcome *first = b->outcomes[i];
	const struct trace_attr attrs[] = {
	    TRACE_TEXT("messaging.destination.name", b->sources[i]),
	    TRACE_NUMBER("messaging.batch.message_count", (int64_t)e->n),
	    TRACE_TEXT("echostream.tenant", e->tenant.text),
	    TRACE_TEXT("echostream.channel", e->channel.text),
	    TRACE_NUMBER("echostream.message_id", first->message_id),
	};

	trace_end(b->ctx->trace, &b->spans[i], "commit", TRACE_CONSUMER, attrs,
	    ES_COUNT(attrs),
	    first->result == OUTCOME_REFUSED ? es_code_name(first->code) : NULL);
}

size_t
batch_add(struct batch *b, const char *source, const struct queue_msg msgs[], size_t n,
    bool *odd)
{
	size_t i;

	*odd = false;
	for (i = 0; i < n && b->n < b->max; i++) {
		struct piece *p = &b->pieces[b->n];

		*p = (struct piece){.entry = b->n};
		*odd = envelope_decode(msgs[i].body, msgs[i].len, b->arena, &p->envelope,
			   &b->odd) != ES_OK;
		if (*odd ||
		    (b->n > 0 && batch_is_full_for(b, p->envelope.n, msgs[i].len)))
			break;
		batch_begin_span(b, &p->envelope, &b->spans[b->n]);
		b->sources[b->n] = source;
		b->outcomes[b->n] =
		    arena_alloc(b->arena, p->envelope.n * sizeof(**b->outcomes));
		b->n_messages += p->envelope.n;
		b->n_bytes += msgs[i].len;
		b->n++;
	}
	return i;
}

size_t
batch_entries(const struct batch *b)
{
	return b->n;
}

enum batch_end
batch_failed(const struct batch *b, const struct es_err *err)
{
	if (batch_store_fenced(err)) {
		metrics_add(b->ctx->metrics, FM_FENCED, 1);
		return BATCH_FENCED;
	}
	metrics_add(b->ctx->metrics, FM_RETRIES, 1);
	return BATCH_RETRY;
}

void
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

void
batch_publish(struct batch *b)
{
	CRASH_POINT("after_commit");
	batch_add_replies(b);
	publication_start(b->publication, b->ctx->redis);
}

void
batch_published(struct batch *b)
{
	struct es_err why;

	if (publication_finish(b->publication, b->ctx->redis, &why) != ES_OK) {
		metrics_add(b->ctx->metrics, FM_PUBLISH_FAILED, 1);
		/* push-server notices the gap in the numbers and reads the events from
		 * PostgreSQL. */
		outage_report_failure(OUTAGE_REDIS, &why);
	}
	CRASH_POINT("after_publish");
	for (size_t i = 0; i < b->n; i++)
		batch_end_span(b, i);
	batch_observe(b);
}

void
batch_observe(const struct batch *b)
{
	metrics_observe(b->ctx->metrics, FM_PROCESSING,
	    (double)(clock_mono_us() - b->start_us) / 1e6);
	metrics_observe(b->ctx->metrics, FM_BATCH, (double)b->n_messages);
}

void
batch_start(struct batch *b, const struct batch_fence fences[], size_t n_fences)
{
	struct envelope *envelopes = arena_alloc(b->arena, b->n * sizeof(*envelopes));

	for (size_t i = 0; i < b->n; i++)
		envelopes[i] = b->pieces[i].envelope;
	CRASH_POINT("before_commit");
	b->started = batch_store_start(
	    b->ctx->pg, fences, n_fences, envelopes, b->n, b->arena, &b->commit, &b->err);
	CRASH_POINT("under_commit");
}

enum batch_end
batch_finish(struct batch *b, struct es_err *err)
{
	enum batch_end end = BATCH_DONE;
	struct batch_result result;

	*err = b->err;
	if (b->started != ES_OK ||
	    batch_store_finish(b->ctx->pg, b->commit, &result, err) != ES_OK) {
		end = batch_failed(b, err);
		batch_observe(b);
	} else {
		batch_add_result(b, b->pieces, b->n, &result);
		batch_publish(b);
	}
	return end;
}
