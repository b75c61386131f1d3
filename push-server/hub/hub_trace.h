/* The span of a delivery begins when an event arrives, and ends when the worker has
 * written the event to all readers whose sockets take bytes. The other readers get the
 * event after the end of the span. */
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
/* Ends all spans. Call when the loop has nothing more to write now. */
void hub_trace_idle(struct hub_traces *t);

#endif
