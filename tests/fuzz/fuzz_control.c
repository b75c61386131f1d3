/* Any text as a hint on the control topic. A decoded hint is the same after encoding and
 * decoding it again. */
#include <stdint.h>
#include <string.h>

#include "core/check.h"
#include "event/control.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct control c, again;
	struct es_err err;
	struct text t;

	if (control_decode(
		arena_memdup(a, (const char *)data, size), size, a, &c, &err) == ES_OK) {
		text_init(&t, a, CONTROL_BYTES_MAX);
		control_encode(&c, &t);
		CHECK(!t.overflow);
		CHECK(control_decode(t.data, t.len, a, &again, &err) == ES_OK);
		CHECK(strcmp(c.tenant.text, again.tenant.text) == 0);
		CHECK(c.names_user == again.names_user);
		CHECK(strcmp(c.user.text, again.user.text) == 0);
		CHECK(strcmp(c.jti, again.jti) == 0);
		CHECK(c.acl_version == again.acl_version);
	}
	arena_free(&a);
	return 0;
}
