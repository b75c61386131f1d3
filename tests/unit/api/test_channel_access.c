/* The right of a caller to write into a channel. The database is a fake. */
#include <string.h>

#include "cunit_main.h"
#include "guard/channel_access.h"
#include "store/reader_store.h"

#include "core/banned.h"

#define TENANT  "01900000-0000-7000-8000-000000000001"
#define ALICE   "01900000-0000-7000-8000-00000000a001"
#define CHANNEL "01900000-0000-7000-8000-00000000c001"

static enum es_code database;
static bool there;
static struct post_right found;
static struct arena *mem;
static struct es_err fault;

enum es_code
pg_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	(void)pg, (void)a, (void)out;
	CU_ASSERT_STRING_EQUAL(tenant->text, TENANT);
	CU_ASSERT_PTR_EQUAL(stmt, &reader_store_post_right);
	CU_ASSERT_STRING_EQUAL(params[0], TENANT);
	CU_ASSERT_STRING_EQUAL(params[1], ALICE);
	CU_ASSERT_STRING_EQUAL(params[2], CHANNEL);
	return database == ES_OK ? ES_OK : es_fail(err, database, "away");
}

bool
pg_next(struct pg_rows *rows, struct arena *a, void *out)
{
	(void)rows, (void)a;
	if (there)
		memcpy(out, &found, sizeof(found));
	return there;
}

static enum es_code
ask(void)
{
	const struct http_req req = {
	    .arena = mem, .who = {.actor = {.tenant = {TENANT}, .user = {ALICE}}}};
	const struct channel_id channel = {CHANNEL};
	struct api api = {0};

	fault = (struct es_err){0};
	return channel_access_check_post(&api, &req, &channel, &fault);
}

static void
the_channel_and_the_right_decide_about_a_post(void)
{
	static const struct {
		enum es_code database;
		bool there, archived, may_post;
		enum es_code rc;
	} rows[] = {
	    {ES_OK, true, false, true, ES_OK},
	    {ES_OK, true, false, false, ES_FORBIDDEN},
	    {ES_OK, true, true, true, ES_CHANNEL_ARCHIVED},
	    {ES_OK, true, true, false, ES_CHANNEL_ARCHIVED},
	    {ES_OK, false, false, true, ES_NOT_FOUND},
	    {ES_UNAVAILABLE, true, false, true, ES_UNAVAILABLE},
	};

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		database = rows[i].database;
		there = rows[i].there;
		found = (struct post_right){
		    .archived = rows[i].archived, .may_post = rows[i].may_post};
		CU_ASSERT_EQUAL(ask(), rows[i].rc);
		CU_ASSERT_EQUAL(fault.code, rows[i].rc);
	}
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"the channel and the right decide about a post",
	the_channel_and_the_right_decide_about_a_post},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/channel_access", cases)
