/* Any text as a message of a reply topic. A decoded reply is the same after encoding and
 * decoding it again. */
#include <stdint.h>
#include <string.h>

#include "core/check.h"
#include "event/event.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_same(const struct reply *a, const struct reply *b)
{
	CHECK(memcmp(&a->envelope, &b->envelope, sizeof(a->envelope)) == 0);
	CHECK(a->n == b->n && a->n >= 1 && a->n <= ENVELOPE_MESSAGES_MAX);
	for (size_t i = 0; i < a->n; i++) {
		const struct outcome *x = &a->outcomes[i], *y = &b->outcomes[i];

		CHECK(strcmp(x->client_id, y->client_id) == 0);
		CHECK(x->result == y->result && x->code == y->code);
		CHECK((x->result == OUTCOME_REFUSED) == (x->code != ES_OK));
		CHECK(x->message_id == y->message_id);
		CHECK(x->created_ms == y->created_ms);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct reply r, again;
	struct es_err err;
	struct text t;

	if (reply_decode(arena_memdup(a, (const char *)data, size), size, a, &r, &err) ==
	    ES_OK) {
		text_init(&t, a, REPLY_BYTES_MAX);
		reply_encode(&r, &t);
		CHECK(!t.overflow);
		CHECK(reply_decode(t.data, t.len, a, &again, &err) == ES_OK);
		check_same(&r, &again);
	}
	arena_free(&a);
	return 0;
}
