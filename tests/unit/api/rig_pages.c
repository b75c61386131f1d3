/* The pages of a list. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

static void
rig_pages_limit(const struct rig_row *row, const char *limit, const char *asked)
{
	struct rig_row with = *row;
	char query[256], part[32];

	(void)snprintf(query, sizeof(query), "%s%s%s",
	    row->query == NULL ? "" : row->query,
	    row->query == NULL || limit[0] == '\0' ? "" : "&", limit);
	with.query = query;
	(void)snprintf(part, sizeof(part), " limit=%s)", asked);
	CU_ASSERT_EQUAL(rig_call(&with), ES_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.calls.data, part));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.calls.data, " after=- "));
}

static void
rig_pages_refused(
    const struct rig_row *row, const char *query, enum es_code code, const char *field)
{
	struct rig_row with = *row;

	with.query = query;
	CU_ASSERT_EQUAL(rig_call(&with), code);
	CU_ASSERT_STRING_EQUAL(rig.err.field, field);
	CU_ASSERT_EQUAL(rig.n_calls, 0);
}

/* Writes the query of the link to the next page to `out`. The link is </here?...>;
 * rel="next". */
static void
rig_pages_next(char out[512])
{
	const char *link = http_header_get(&rig.res, "Link");
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	CU_ASSERT_EQUAL_FATAL(strncmp(link, "</here?", 7), 0);
	len = strcspn(link + 7, ">");
	CU_ASSERT_FATAL(len < 512);
	CU_ASSERT_STRING_EQUAL(link + 7 + len, ">; rel=\"next\"");
	memcpy(out, link + 7, len);
	out[len] = '\0';
}

static void
rig_pages_follow(const struct rig_row *row, const char *after)
{
	struct rig_row with = *row;
	char next[512], part[32];
	const char *cursor;

	rig.more = true;
	rig.n_items = 2;
	CU_ASSERT_EQUAL_FATAL(rig_call(row), ES_OK);
	rig_pages_next(next);
	if (row->query != NULL)
		CU_ASSERT_EQUAL(strncmp(next, row->query, strlen(row->query)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(next, "limit=50&cursor="));
	cursor = strstr(next, "cursor=") + 7;
	CU_ASSERT_FATAL(strlen(cursor) < 100);
	CU_ASSERT_TRUE(
	    rig_body_contains(arena_printf(rig.mem, "\"nextCursor\":\"%s\"", cursor)));
	with.query = next;
	CU_ASSERT_EQUAL_FATAL(rig_call(&with), ES_OK);
	(void)snprintf(part, sizeof(part), " after=%s limit=50)", after);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.calls.data, part));
	/* Forge the cursor: change one digit of its check. */
	next[strlen(next) - 1] = next[strlen(next) - 1] == '0' ? '1' : '0';
	rig_pages_refused(row, next, ES_BAD_CURSOR, "?cursor");
}

void
rig_pages(const struct rig_row *row, const char *after)
{
	rig_pages_limit(row, "", "50");
	rig_pages_limit(row, "limit=1", "1");
	rig_pages_limit(row, "limit=200", "200");
	rig_pages_refused(row, "limit=0", ES_INVALID, "?limit");
	rig_pages_refused(row, "limit=201", ES_INVALID, "?limit");
	rig_pages_refused(row, "cursor=x", ES_BAD_CURSOR, "?cursor");
	rig_pages_follow(row, after);
	rig.more = false;
	CU_ASSERT_EQUAL(rig_call(row), ES_OK);
	CU_ASSERT_TRUE(rig_body_contains("\"nextCursor\":null"));
	CU_ASSERT_PTR_NULL(http_header_get(&rig.res, "Link"));
}
