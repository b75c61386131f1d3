/* Any bytes as a request target. A parsed target has no "..", no "/" in a segment and no
 * empty segment but the last. */
#include "http/uri.h"

#include <string.h>

#include "core/check.h"
#include "core/parse.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *a = arena_new();
	const char *target = arena_memdup(a, (const char *)data, size);
	struct es_err err;
	struct uri u;
	size_t points;

	if (uri_parse(target, a, &u, &err) == ES_OK) {
		CHECK(u.n >= 1 && u.n <= URI_SEGMENTS);
		for (size_t i = 0; i < u.n; i++) {
			CHECK(strchr(u.segments[i], '/') == NULL);
			CHECK(strcmp(u.segments[i], "..") != 0);
			CHECK(utf8_length(u.segments[i], strlen(u.segments[i]), &points));
			CHECK(u.segments[i][0] != '\0' || i == u.n - 1);
		}
	}
	arena_free(&a);
	return 0;
}
