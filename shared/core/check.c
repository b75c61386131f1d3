#include "core/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static check_report *check_reporter;

void
check_set_report(check_report *report)
{
	check_reporter = report;
}

void
check_failed(const char *file, int line, const char *what)
{
	if (check_reporter != NULL)
		check_reporter(file, line, what);
	else
		(void)fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, what);
	abort();
}

void *
mem_new(size_t count, size_t size)
{
	void *p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);

	CHECK(p != NULL);
	return p;
}

void *
mem_grow(void *old, size_t size)
{
	void *p = realloc(old, size);

	CHECK(p != NULL);
	return p;
}

char *
mem_strdup(const char *s)
{
	const size_t size = strlen(s) + 1;
	char *copy = mem_new(1, size);

	memcpy(copy, s, size);
	return copy;
}

void
mem_free(void *p)
{
	free(p);
}
