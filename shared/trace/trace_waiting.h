/* The spans that wait to be exported, oldest first, as JSON texts. Holds at most a given
 * number of them, so that the memory stays bounded while the collector is down. */
#ifndef TRACE_TRACE_WAITING_H
#define TRACE_TRACE_WAITING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

struct trace_waiting;

struct trace_waiting *trace_waiting_new(size_t max);
void trace_waiting_free(struct trace_waiting **w);

/* Copies a span of len bytes. Returns false when max spans already wait. */
bool trace_waiting_add(struct trace_waiting *w, const char *span, size_t len);
size_t trace_waiting_n(const struct trace_waiting *w);

/* Appends the n oldest spans, with commas between them. */
void trace_waiting_put(const struct trace_waiting *w, size_t n, struct text *out);
/* Drops the n oldest spans. */
void trace_waiting_drop(struct trace_waiting *w, size_t n);

#endif
