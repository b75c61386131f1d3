/* Any bytes as a query. A parsed query has no name twice, and its numbers are in range.
 */
#include "http/query.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *a = arena_new();
	const char *raw = arena_memdup(a, (const char *)data, size);
	struct es_err err;
	struct query q;
	int64_t n = 50;

	if (query_parse(raw, a, &q, &err) == ES_OK) {
		CHECK(q.n <= QUERY_MAX);
		for (size_t i = 0; i < q.n; i++) {
			CHECK(q.items[i].name[0] != '\0');
			CHECK(query_get(&q, q.items[i].name) == q.items[i].value);
		}
		if (query_int(&q, "limit", 1, 200, &n, NULL, &err) == ES_OK)
			CHECK(n >= 1 && n <= 200);
	}
	arena_free(&a);
	return 0;
}
