/* Any text as the address of a Redis. A parsed address has a host or a path. */
#include "core/check.h"
#include "redis/redis.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *a = arena_new();
	struct redis_url url;
	struct es_err err;

	if (redis_url_parse(arena_memdup(a, (const char *)data, size), a, &url, &err) ==
	    ES_OK) {
		CHECK((url.host != NULL) != (url.path != NULL));
		CHECK(url.path != NULL || (url.port > 0 && url.port < 65536));
		CHECK(url.user == NULL || url.password != NULL);
	}
	arena_free(&a);
	return 0;
}
