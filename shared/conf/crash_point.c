#include "conf/crash_point.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

void
crash_point_pass(const char *name)
{
	const char *wanted = getenv("ES_TEST_CRASH_POINT");
	const size_t len = strlen(name);
	static long passes;

	if (wanted == NULL || strncmp(wanted, name, len) != 0 || wanted[len] != ':')
		return;
	if (++passes < strtol(wanted + len + 1, NULL, 10))
		return;
	(void)fprintf(stderr, "crash point %s, pass %ld\n", name, passes);
	abort();
}
