#include "send/awaited.h"

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

struct awaited *
awaited_new(struct trace *trace, const char *reply, const struct conn *c,
    const struct channel_id *channel, size_t n)
{
	struct arena *arena = arena_new();
	struct awaited *a = arena_alloc(arena, sizeof(*a));

	a->arena = arena;
	list_init(&a->due);
	list_init(&a->same_hash);
	list_init(&a->to_ask);
	a->ref = c->ref;
	a->trace = trace;
	a->ids = arena_alloc(arena, n * sizeof(*a->ids));
	uuid_new(a->envelope.id.text);
	a->envelope.tenant = c->tenant;
	a->envelope.channel = *channel;
	a->envelope.user = c->user;
	a->envelope.display_name = arena_strdup(arena, c->display_name);
	a->envelope.reply = reply;
	a->envelope.accepted_ms = clock_wall_ms();
	a->envelope.messages = arena_alloc(arena, n * sizeof(*a->envelope.messages));
	return a;
}

void
awaited_begin_span(struct awaited *a, const char *traceparent)
{
	struct trace_context caller;

	IGNORE(trace_context_parse(traceparent, &caller));
	trace_begin(a->trace, &caller, &a->span);
	if (a->span.sampled)
		a->envelope.traceparent =
		    trace_next(&a->span, arena_alloc(a->arena, TRACE_PARENT_TEXT), NULL);
}

static const char *
awaited_copy(struct arena *a, const char *text)
{
	return text != NULL ? arena_strdup(a, text) : NULL;
}

void
awaited_fill(struct awaited *a, struct send_lane *lane, size_t n)
{
	const struct send_new *first = &send_lane_first(lane)->new;
	struct envelope *e = &a->envelope;

	if (!first->untraced)
		awaited_begin_span(a, first->traceparent);
	for (e->n = 0; e->n < n; e->n++) {
		struct send_item *item = send_lane_first(lane);
		const struct send_new *new = &item->new;

		a->ids[e->n] = awaited_copy(a->arena, new->id);
		e->messages[e->n] = (struct envelope_message){.op = new->op,
		    .body = awaited_copy(a->arena, new->body),
		    .emoji = awaited_copy(a->arena, new->emoji),
		    .target = new->target,
		    .if_version = new->if_version};
		envelope_message_seal(
		    &e->messages[e->n], &e->user, new->client_id, a->arena);
		send_lane_remove(item);
	}
}

static void
awaited_end_span(const struct awaited *a)
{
	const struct trace_attr attrs[] = {
	    TRACE_TEXT("echostream.tenant", a->envelope.tenant.text),
	    TRACE_TEXT("echostream.channel", a->envelope.channel.text),
	    TRACE_NUMBER("messaging.batch.message_count", (int64_t)a->envelope.n),
	};

	trace_end(
	    a->trace, &a->span, "send", TRACE_SERVER, attrs, ES_COUNT(attrs), a->failed);
}

void
awaited_free(struct awaited **a)
{
	struct arena *arena;

	if (*a == NULL)
		return;
	CHECK(list_empty(&(*a)->due));
	awaited_end_span(*a);
	arena = (*a)->arena; /* *a itself is allocated in the arena */
	*a = NULL;
	arena_free(&arena);
}
