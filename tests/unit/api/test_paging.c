/* Tests page sizes, the list that a cursor belongs to, and the Link to the next page. */
#include <string.h>

#include "cunit_main.h"
#include "http/paging.h"

#include "core/banned.h"

#define ID_A "01900000-0000-7000-8000-00000000a001"

static const struct paging_list users = {"users", "tenant-1", ""};
static struct arena *a;
static struct http_req req;
static struct http_res res;

static void
set_query(const char *query)
{
	struct es_err err;

	req = (struct http_req){.arena = a};
	req.uri.path = "/api/v1/users";
	CU_ASSERT_EQUAL_FATAL(query_parse(query, a, &req.query, &err), ES_OK);
	http_res_init(&res, a);
}

static const char *
cursor_for(const struct paging_list *list)
{
	struct json_write w;
	char *s;

	set_query("");
	http_json(&res, &w, 200);
	jw_object(&w, NULL);
	paging_next(&req, &res, &w, list, ID_A, 2, NULL);
	jw_object_end(&w);
	s = strstr(res.body.data, ":\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	s = arena_strdup(a, s + 2);
	*strchr(s, '"') = '\0';
	return s;
}

static enum es_code
decode_cursor(const char *cursor, const struct paging_list *list, char out[ES_UUID_TEXT])
{
	struct es_err err;

	set_query(arena_printf(a, "cursor=%s", cursor));
	return paging_cursor(&req, list, out, &err);
}

static void
the_page_size_has_limits(void)
{
	struct es_err err;
	int64_t n;

	a = arena_new();
	set_query("");
	CU_ASSERT_EQUAL(paging_limit(&req, &n, &err), ES_OK);
	CU_ASSERT_EQUAL(n, 50);
	set_query("limit=200");
	CU_ASSERT_EQUAL(paging_limit(&req, &n, &err), ES_OK);
	CU_ASSERT_EQUAL(n, 200);
	set_query("limit=201");
	CU_ASSERT_EQUAL(paging_limit(&req, &n, &err), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, "?limit");
	CU_ASSERT_STRING_EQUAL(err.text, "expected a whole number from 1 to 200");
	set_query("limit=0");
	CU_ASSERT_EQUAL(paging_limit(&req, &n, &err), ES_INVALID);
	set_query("limit=050");
	CU_ASSERT_EQUAL(paging_limit(&req, &n, &err), ES_BAD_REQUEST);
	arena_free(&a);
}

static void
cursors(void)
{
	static const struct paging_list others[] = {{"channels", "tenant-1", ""},
	    {"users", "tenant-2", ""}, {"users", "tenant-1", "c"}};
	char id[ES_UUID_TEXT] = "untouched";
	const char *cursor;
	char *broken;

	a = arena_new();
	cursor = cursor_for(&users);
	CU_ASSERT_EQUAL(decode_cursor(cursor, &users, id), ES_OK);
	CU_ASSERT_STRING_EQUAL(id, ID_A);
	for (size_t i = 0; i < ES_COUNT(others); i++)
		CU_ASSERT_EQUAL(decode_cursor(cursor, &others[i], id), ES_BAD_CURSOR);
	for (size_t i = 0; i < strlen(cursor); i++) {
		broken = arena_strdup(a, cursor);
		broken[i] = broken[i] == '0' ? '1' : '0';
		CU_ASSERT_EQUAL(decode_cursor(broken, &users, id), ES_BAD_CURSOR);
	}
	CU_ASSERT_EQUAL(decode_cursor("", &users, id), ES_BAD_CURSOR);
	CU_ASSERT_EQUAL(decode_cursor("garbage", &users, id), ES_BAD_CURSOR);
	set_query("");
	CU_ASSERT_EQUAL(paging_cursor(&req, &users, id, &(struct es_err){0}), ES_OK);
	CU_ASSERT_STRING_EQUAL(id, "");
	arena_free(&a);
}

static void
the_link_leads_to_the_next_page(void)
{
	struct json_write w;
	const char *link;

	a = arena_new();
	set_query("limit=2");
	http_json(&res, &w, 200);
	jw_object(&w, NULL);
	paging_next(&req, &res, &w, &users, ID_A, 2, "member=true");
	jw_object_end(&w);
	link = http_header_get(&res, "Link");
	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	if (link == NULL)
		return;
	CU_ASSERT_EQUAL(
	    strncmp(link, "</api/v1/users?member=true&limit=2&cursor=0190", 46), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(link, ">; rel=\"next\""));
	set_query("");
	http_json(&res, &w, 200);
	jw_object(&w, NULL);
	paging_next(&req, &res, &w, &users, NULL, 2, NULL);
	jw_object_end(&w);
	CU_ASSERT_STRING_EQUAL(res.body.data, "{\"nextCursor\":null}");
	CU_ASSERT_PTR_NULL(http_header_get(&res, "Link"));
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"the page size has limits", the_page_size_has_limits},
    {"a cursor belongs to its list", cursors},
    {"the link leads to the next page", the_link_leads_to_the_next_page},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/paging", cases)
