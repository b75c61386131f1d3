#include "hub/hub_trace.h"

#include "core/check.h"
#include "trace/trace.h"

#include "core/banned.h"

/* Maximum number of open spans. A further event ends the open ones early. */
#define OPEN_MAX 256

struct hub_delivery {
	struct trace_span span;
	struct tenant_id tenant;
	struct channel_id channel;
	int64_t message_id;
	unsigned subscriptions;
};

struct hub_traces {
	struct trace *trace;
	unsigned n;
	struct hub_delivery open[OPEN_MAX];
};

struct hub_traces *
hub_traces_new(struct trace *trace)
{
	struct hub_traces *t;

	if (trace == NULL)
		return NULL;
	t = mem_new(1, sizeof(*t));
	t->trace = trace;
	return t;
}

void
hub_traces_free(struct hub_traces **t)
{
	if (*t == NULL)
		return;
	hub_trace_idle(*t);
	mem_free(*t);
	*t = NULL;
}

void
hub_trace_event(struct hub_traces *t, const struct channel *ch, const struct event *ev)
{
	struct hub_delivery *d;

	if (t == NULL || ev->traceparent == NULL)
		return;
	if (t->n == OPEN_MAX)
		hub_trace_idle(t);
	d = &t->open[t->n];
	trace_join(t->trace, ev->traceparent, &d->span);
	if (!d->span.sampled)
		return;
	d->tenant = ev->tenant;
	d->channel = ev->channel;
	d->message_id = ev->seq;
	d->subscriptions = ch->n_subs;
	t->n++;
}

void
hub_trace_idle(struct hub_traces *t)
{
	if (t == NULL)
		return;
	for (unsigned i = 0; i < t->n; i++) {
		const struct hub_delivery *d = &t->open[i];
		const struct trace_attr attrs[] = {
		    TRACE_TEXT("echostream.tenant", d->tenant.text),
		    TRACE_TEXT("echostream.channel", d->channel.text),
		    TRACE_NUMBER("echostream.message_id", d->message_id),
		    TRACE_NUMBER("echostream.subscriptions", d->subscriptions),
		};

		trace_end(t->trace, &d->span, "deliver", TRACE_CONSUMER, attrs,
		    ES_COUNT(attrs), NULL);
	}
	t->n = 0;
}
