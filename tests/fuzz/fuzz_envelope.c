/* Any text as an entry of the queue. A decoded envelope is encoded as ASCII, and is the
 * same after decoding it again. */
#include <stdint.h>
#include <string.h>

#include "core/check.h"
#include "event/envelope.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void
check_same(const struct envelope *a, const struct envelope *b)
{
	CHECK(memcmp(&a->id, &b->id, sizeof(a->id)) == 0);
	CHECK(memcmp(&a->tenant, &b->tenant, sizeof(a->tenant)) == 0);
	CHECK(memcmp(&a->channel, &b->channel, sizeof(a->channel)) == 0);
	CHECK(memcmp(&a->user, &b->user, sizeof(a->user)) == 0);
	CHECK(same(a->display_name, b->display_name) && same(a->reply, b->reply));
	CHECK(same(a->traceparent, b->traceparent) && a->accepted_ms == b->accepted_ms);
	CHECK(a->n == b->n && a->n >= 1 && a->n <= ENVELOPE_MESSAGES_MAX);
	for (size_t i = 0; i < a->n; i++) {
		const struct envelope_message *x = &a->messages[i], *y = &b->messages[i];

		/* client_id_valid() refuses "." and "..", which the queue of an older
		 * release may still hold. */
		CHECK(x->client_id[0] != '\0' && strlen(x->client_id) <= CLIENT_ID_MAX);
		CHECK(same(x->client_id, y->client_id));
		CHECK(x->minted == y->minted && same(x->body, y->body));
		CHECK(same(x->dedupe_key, y->dedupe_key));
		CHECK(same(x->request_hash, y->request_hash));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct envelope e, again;
	struct es_err err;
	struct text t;

	if (envelope_decode(
		arena_memdup(a, (const char *)data, size), size, a, &e, &err) == ES_OK) {
		text_init(&t, a, 1 << 24);
		envelope_encode(&e, &t);
		for (size_t i = 0; i < t.len; i++)
			CHECK(t.data[i] >= 0x20 && t.data[i] < 0x7f);
		CHECK(!t.overflow);
		CHECK(envelope_decode(t.data, t.len, a, &again, &err) == ES_OK);
		check_same(&e, &again);
	}
	arena_free(&a);
	return 0;
}
