/* What queue and topics carry: decoders must refuse or understand, never crash, and what
 * they understand must survive being written again. */
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/check.h"
#include "core/text.h"
#include "event/envelope.h"
#include "event/event.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
event_again(const char *s, size_t n, struct arena *a)
{
	struct event e, again;
	struct es_err err;
	struct text t;

	if (event_decode(s, n, a, &e, &err) != ES_OK)
		return;
	text_init(&t, a, 1 << 20);
	event_encode(&e, &t);
	CHECK(event_decode(t.data, t.len, a, &again, &err) == ES_OK);
	CHECK(again.seq == e.seq && again.prev == e.prev && again.kind == e.kind);
}

static void
envelope_again(const char *s, size_t n, struct arena *a)
{
	struct envelope e, again;
	struct es_err err;
	struct text t;

	if (envelope_decode(s, n, a, &e, &err) != ES_OK)
		return;
	text_init(&t, a, 1 << 20);
	envelope_encode(&e, &t);
	CHECK(envelope_decode(t.data, t.len, a, &again, &err) == ES_OK);
	CHECK(again.n == e.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct reply reply;
	struct es_err err;
	const char *s = arena_memdup(a, (const char *)data, size);

	event_again(s, size, a);
	envelope_again(s, size, a);
	if (reply_decode(s, size, a, &reply, &err) == ES_OK)
		CHECK(reply.n > 0);
	arena_free(&a);
	return 0;
}
