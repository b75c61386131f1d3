/* Any text as a name. Cleaning or folding a name twice gives the same as once, and
 * cleaning does not change whether a name is visible. */
#include "unicode/unicode.h"

#include <string.h>

#include "core/check.h"
#include "core/parse.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *a = arena_new();
	const char *s = arena_memdup(a, (const char *)data, size);
	size_t points;

	if (utf8_length(s, size, &points)) {
		const char *clean = unicode_clean(s, a), *key = unicode_key(s, a);

		CHECK(utf8_length(clean, strlen(clean), &points));
		CHECK(utf8_length(key, strlen(key), &points));
		CHECK(strcmp(unicode_clean(clean, a), clean) == 0);
		CHECK(strcmp(unicode_key(key, a), key) == 0);
		CHECK(strcmp(unicode_key(clean, a), key) == 0);
		CHECK(unicode_visible(clean) == unicode_visible(s));
		CHECK(unicode_has_bidi(clean) == unicode_has_bidi(s));
		/* The folded key of a visible name is not empty. */
		CHECK(key[0] != '\0' || !unicode_visible(s));
	}
	arena_free(&a);
	return 0;
}
