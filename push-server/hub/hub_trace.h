/* The spans of deliveries: from the arrival of an event until the loop has written it to
 * each of its readers that takes it now. A reader whose socket is full gets the event
 * later, outside of the span. */
#ifndef PUSH_HUB_TRACE_H
#define PUSH_HUB_TRACE_H

#include "event/event.h"
#include "hub/channel.h"

struct hub_traces;

/* trace may be NULL; then all functions do nothing. */
struct hub_traces *hub_traces_new(struct trace *trace);
void hub_traces_free(struct hub_traces **t);

/* An event has arrived for the channel's readers. */
void hub_trace_event(
    struct hub_traces *t, const struct channel *ch, const struct event *ev);
/* The loop has nothing more to write now: ends all spans. */
void hub_trace_idle(struct hub_traces *t);

#endif
