/* Runs the rows of a table and compares their answers. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

/* Prints the name of a row that fails. CUnit prints only the line of the assertion, which
 * is the same for all rows of a table. */
static bool
rig_rows_same(const char *about, const char *what, const char *want, const char *got)
{
	const bool same = strcmp(want, got) == 0;

	if (!same)
		(void)fprintf(stderr, "\n%s: %s\n  expected %s\n  got      %s\n", about,
		    what, want, got);
	CU_ASSERT_TRUE(same);
	return same;
}

static const char *
rig_rows_header(const char *name)
{
	const char *value = http_header_get(&rig.res, name);

	return value == NULL ? "-" : value;
}

/* A body must be one complete JSON text. */
static void
rig_rows_json(const struct rig_row *row)
{
	const struct text *body = &rig.res.body;
	const struct json_tree *tree;
	struct es_err err = {0};

	if (row->status == 204) {
		CU_ASSERT_PTR_NULL(rig.res.type);
		CU_ASSERT_EQUAL(body->len, 0);
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig.res.type);
	CU_ASSERT_STRING_EQUAL(rig.res.type, "application/json");
	(void)rig_rows_same(row->about, "JSON", "ok",
	    es_code_name(json_tree_parse(body->data, body->len, rig.mem, &tree, &err)));
}

static void
rig_rows_answer(const struct rig_row *row)
{
	char status[12], expected[12];

	(void)snprintf(expected, sizeof(expected), "%d", row->status);
	(void)snprintf(status, sizeof(status), "%d", rig.res.status);
	(void)rig_rows_same(row->about, "status", expected, status);
	if (row->says != NULL)
		(void)rig_rows_same(row->about, "body", row->says,
		    rig.res.body.data == NULL ? "" : rig.res.body.data);
	rig_rows_json(row);
	(void)rig_rows_same(row->about, "Location",
	    row->location == NULL ? "-" : row->location, rig_rows_header("Location"));
	(void)rig_rows_same(row->about, "Idempotency-Replayed",
	    row->replayed ? "true" : "-", rig_rows_header("Idempotency-Replayed"));
}

static void
rig_rows_one(const struct rig_row *row)
{
	const enum es_code rc = rig_call(row);

	(void)rig_rows_same(row->about, "code", es_code_name(row->rc), es_code_name(rc));
	(void)rig_rows_same(
	    row->about, "calls", row->calls == NULL ? "" : row->calls, rig.calls.data);
	if (rc == ES_OK) {
		rig_rows_answer(row);
		return;
	}
	CU_ASSERT_EQUAL(rig.err.code, rc);
	CU_ASSERT_EQUAL(rig.res.body.len, 0);
	if (row->field != NULL)
		(void)rig_rows_same(row->about, "field", row->field, rig.err.field);
}

void
rig_rows(const struct rig_row rows[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		rig_rows_one(&rows[i]);
}

static void
rig_rows_fail(const struct rig_row *row, unsigned at, enum es_code code)
{
	char about[128];

	(void)snprintf(about, sizeof(about), "%s, call %u fails", row->about, at);
	rig.fails_at = (int)at;
	rig.failure = code;
	(void)rig_rows_same(
	    about, "code", es_code_name(code), es_code_name(rig_call(row)));
	CU_ASSERT_EQUAL(rig.err.code, code);
	CU_ASSERT_EQUAL(rig.res.body.len, 0);
	CU_ASSERT_EQUAL(rig.n_calls, at + 1);
	rig.fails_at = -1;
}

/* Checks that the handler stops at the failed call. The recorded calls are the first ones
 * of row->calls, and the last of them is the failed call, which is no announcement. */
static void
rig_rows_beginning(const struct rig_row *row)
{
	const char *last = strrchr(rig.calls.data, ';');

	CU_ASSERT_EQUAL(strncmp(row->calls, rig.calls.data, rig.calls.len), 0);
	CU_ASSERT_PTR_NULL(strstr(last == NULL ? rig.calls.data : last, "announce_"));
}

void
rig_rows_failures(const struct rig_row rows[], size_t n)
{
	static const enum es_code codes[] = {
	    ES_UNAVAILABLE, ES_NOT_FOUND, ES_CONFLICT, ES_FORBIDDEN, ES_RATE_LIMITED};

	for (size_t i = 0; i < n; i++) {
		unsigned n_calls;

		if (rows[i].rc != ES_OK)
			continue;
		CU_ASSERT_EQUAL(rig_call(&rows[i]), ES_OK);
		n_calls = rig.n_calls;
		CU_ASSERT(n_calls > 0);
		for (unsigned at = 0; at < n_calls; at++)
			for (size_t c = 0; c < ES_COUNT(codes); c++) {
				rig_rows_fail(&rows[i], at, codes[c]);
				rig_rows_beginning(&rows[i]);
			}
	}
}
