/* Any text as a message of a topic. A decoded event is the same after encoding and
 * decoding it again. */
#include <stdint.h>
#include <string.h>

#include "core/check.h"
#include "event/event.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void
check_same(const struct event *a, const struct event *b)
{
	CHECK(a->kind == b->kind);
	CHECK(memcmp(&a->tenant, &b->tenant, sizeof(a->tenant)) == 0);
	CHECK(memcmp(&a->channel, &b->channel, sizeof(a->channel)) == 0);
	CHECK(memcmp(&a->user, &b->user, sizeof(a->user)) == 0);
	CHECK(a->seq == b->seq);
	CHECK(a->created_ms == b->created_ms && a->accepted_ms == b->accepted_ms);
	CHECK(same(a->display_name, b->display_name) && same(a->body, b->body));
	CHECK(same(a->client_id, b->client_id) && same(a->payload, b->payload));
	CHECK(same(a->traceparent, b->traceparent));
	CHECK(a->edited == b->edited && a->deleted == b->deleted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct event e, again;
	struct es_err err;
	struct text t;

	if (event_decode(arena_memdup(a, (const char *)data, size), size, a, &e, &err) ==
	    ES_OK) {
		text_init(&t, a, EVENT_BYTES_MAX);
		event_encode(&e, &t);
		CHECK(!t.overflow);
		CHECK(event_decode(t.data, t.len, a, &again, &err) == ES_OK);
		check_same(&e, &again);
	}
	arena_free(&a);
	return 0;
}
