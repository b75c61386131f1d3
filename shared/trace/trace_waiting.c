#include "trace/trace_waiting.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

struct trace_waiting {
	char **spans; /* a ring */
	size_t max, first, n;
};

struct trace_waiting *
trace_waiting_new(size_t max)
{
	struct trace_waiting *w = mem_new(1, sizeof(*w));

	CHECK(max > 0);
	*w = (struct trace_waiting){.spans = mem_new(max, sizeof(*w->spans)), .max = max};
	return w;
}

void
trace_waiting_free(struct trace_waiting **w)
{
	if (*w == NULL)
		return;
	trace_waiting_drop(*w, (*w)->n);
	mem_free((*w)->spans);
	mem_free(*w);
	*w = NULL;
}

bool
trace_waiting_add(struct trace_waiting *w, const char *span, size_t len)
{
	char *copy;

	if (w->n == w->max)
		return false;
	copy = mem_new(1, len + 1);
	memcpy(copy, span, len);
	w->spans[(w->first + w->n++) % w->max] = copy;
	return true;
}

size_t
trace_waiting_n(const struct trace_waiting *w)
{
	return w->n;
}

void
trace_waiting_put(const struct trace_waiting *w, size_t n, struct text *out)
{
	CHECK(n <= w->n);
	for (size_t i = 0; i < n; i++) {
		const char *span = w->spans[(w->first + i) % w->max];

		if (i > 0)
			text_add(out, ",", 1);
		text_add(out, span, strlen(span));
	}
}

void
trace_waiting_drop(struct trace_waiting *w, size_t n)
{
	CHECK(n <= w->n);
	for (; n > 0; n--) {
		mem_free(w->spans[w->first]);
		w->first = (w->first + 1) % w->max;
		w->n--;
	}
}
