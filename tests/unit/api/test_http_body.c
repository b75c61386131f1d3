/* Accepted media types, and all wrong fields of a body in one answer. */
#include <string.h>

#include "cunit_main.h"
#include "http/http_body.h"
#include "http/problem.h"

#include "core/banned.h"

struct input {
	const char *name, *topic;
	int64_t count, number;
	bool has_topic, has_count, has_number;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, name, JSON_STRING, true, 1, 3),
    JSON_FIELD_CLEAR(struct input, topic, JSON_STRING, 0, 3),
    JSON_FIELD_OPT(struct input, count, JSON_INT, 1, 9),
    JSON_FIELD_OPT(struct input, number, JSON_NUMBER_OR_STRING, 1, 9),
};

static struct arena *a;
static struct json_faults faults;
static struct es_err err;
static struct input in;

static struct http_req
request(const char *method, const char *type, const char *coding, const char *json)
{
	return (struct http_req){.arena = a,
	    .method = method,
	    .faults = &faults,
	    .request_id = "req-12345",
	    .body = json,
	    .body_len = strlen(json),
	    .headers = {.content_type = type, .content_encoding = coding}};
}

static enum es_code
body(const char *method, const char *type, const char *coding, const char *json)
{
	const struct http_req req = request(method, type, coding, json);

	in = (struct input){0};
	err = (struct es_err){0};
	return http_body(&req, fields, ES_COUNT(fields), &in, &err);
}

static enum es_code
of_type(const char *method, const char *type)
{
	return body(method, type, NULL, "{\"name\":\"x\"}");
}

static void
no_fields(void)
{
	static const char *const good[] = {"", "{}", " { } "};
	static const struct {
		const char *json, *field;
	} bad[] = {{"{\"x\":1}", "x"}, {"rubbish", ""}, {"[]", ""}, {"null", ""},
	    {"{", ""}, {" ", ""}};
	struct http_req req;

	a = arena_new();
	for (size_t i = 0; i < ES_COUNT(good); i++) {
		req = request("POST", NULL, NULL, good[i]);
		CU_ASSERT_EQUAL(http_body_none(&req, &err), ES_OK);
	}
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		req = request("POST", NULL, NULL, bad[i].json);
		err = (struct es_err){0};
		CU_ASSERT_EQUAL(http_body_none(&req, &err), ES_BAD_REQUEST);
		CU_ASSERT_STRING_EQUAL(err.field, bad[i].field);
	}
	arena_free(&a);
}

static void
media_types(void)
{
	static const char *const taken[] = {"application/json", "Application/JSON",
	    "application/json;charset=utf-8", "application/json ; charset=\"UTF-8\"",
	    "application/json; charset=utf-8; profile=x",
	    "application/json;odata=verbose", "application/json;"};
	static const char *const refused[] = {"text/plain", "application/jsonp",
	    "application/json; charset=latin1", "application/json;x=y;charset=utf-16",
	    "application/json x", "application/merge-patch+json", ""};

	a = arena_new();
	for (size_t i = 0; i < ES_COUNT(taken); i++)
		if (of_type("POST", taken[i]) != ES_OK)
			CU_FAIL(taken[i]);
	for (size_t i = 0; i < ES_COUNT(refused); i++)
		if (of_type("POST", refused[i]) != ES_UNSUPPORTED_MEDIA)
			CU_FAIL(refused[i]);
	CU_ASSERT_EQUAL(of_type("POST", NULL), ES_UNSUPPORTED_MEDIA);
	CU_ASSERT_STRING_EQUAL(err.field, ":Content-Type");
	CU_ASSERT_EQUAL(of_type("PATCH", "application/merge-patch+json"), ES_OK);
	CU_ASSERT_EQUAL(of_type("PATCH", "application/json"), ES_OK);
	arena_free(&a);
}

static void
a_body_with_a_content_encoding_is_refused(void)
{
	a = arena_new();
	CU_ASSERT_EQUAL(body("POST", "application/json", "gzip", "{\"name\":\"x\"}"),
	    ES_UNSUPPORTED_MEDIA);
	CU_ASSERT_STRING_EQUAL(err.field, ":Content-Encoding");
	CU_ASSERT_EQUAL(
	    body("POST", "application/json", "Identity", "{\"name\":\"x\"}"), ES_OK);
	arena_free(&a);
}

static void
check_fault(const char *json, const char *field, const char *text)
{
	CU_ASSERT_EQUAL(body("POST", "application/json", NULL, json), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(err.field, field);
	CU_ASSERT_STRING_EQUAL(err.text, text);
}

static void
members(void)
{
	a = arena_new();
	check_fault("{}", "name", "is required");
	check_fault("{\"name\":\"\"}", "name", "must have 1 to 3 bytes");
	check_fault("{\"name\":\"abcd\"}", "name", "must have 1 to 3 bytes");
	check_fault("{\"name\":\"abc\",\"tpic\":\"\"}", "tpic",
	    "unknown field; did you mean \"topic\"?");
	check_fault("{\"name\":\"x\",\"zzzzz\":1}", "zzzzz",
	    "unknown field; known are: name topic count number");
	check_fault("{\"name\":null}", "name", "must not be null");
	check_fault(
	    "{\"name\":\"x\",\"count\":null}", "count", "must not be null; leave it out");
	check_fault(
	    "{\"name\":\"x\",\"number\":\"07\"}", "number", "must be a whole number");
	CU_ASSERT_EQUAL(
	    body("PATCH", "application/json", NULL, "{\"name\":\"x\",\"topic\":null}"),
	    ES_OK);
	CU_ASSERT_TRUE(in.has_topic);
	CU_ASSERT_PTR_NULL(in.topic);
	CU_ASSERT_EQUAL(body("POST", "application/json", NULL, ""), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(body("POST", "application/json", NULL, "[]"), ES_BAD_REQUEST);
	arena_free(&a);
}

static void
all_at_once(void)
{
	struct http_req req;
	struct http_res res;

	a = arena_new();
	req = request("POST", "application/json", NULL,
	    "{\"name\":5,\"count\":10,\"cuont\":1,\"topic\":\"abc\"}");
	in = (struct input){0};
	http_res_init(&res, a);
	CU_ASSERT_EQUAL_FATAL(
	    http_body_begin(&req, fields, ES_COUNT(fields), &in, &err), ES_OK);
	http_body_note(
	    &req, es_fail_field(&err, ES_INVALID, "topic", "is not a topic"), &err);
	http_body_note(&req, ES_OK, &err);
	CU_ASSERT_EQUAL(http_body_end(&req, &err), ES_INVALID);
	problem_write(&req, &err, &res);
	CU_ASSERT_PTR_NOT_NULL(strstr(res.body.data,
	    "\"errors\":["
	    "{\"pointer\":\"/cuont\",\"detail\":\"unknown field; did you mean "
	    "\\\"count\\\"?\"},"
	    "{\"pointer\":\"/name\",\"detail\":\"must be a string\"},"
	    "{\"pointer\":\"/count\",\"detail\":\"must be 1 to 9\"},"
	    "{\"pointer\":\"/topic\",\"detail\":\"is not a topic\"}]"));
	arena_free(&a);
}

static void
more_than_fit(void)
{
	struct text t;

	a = arena_new();
	text_init(&t, a, 4096);
	text_addf(&t, "{\"name\":\"x\"");
	for (int i = 0; i < JSON_FAULTS_MAX + 1; i++)
		text_addf(&t, ",\"unknown%d\":1", i);
	text_addf(&t, "}");
	CU_ASSERT_EQUAL(body("POST", "application/json", NULL, t.data), ES_INVALID);
	CU_ASSERT_EQUAL(faults.n, JSON_FAULTS_MAX);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"each media type of JSON is accepted", media_types},
    {"a body without fields is empty or {}", no_fields},
    {"a body with a content encoding is refused",
	a_body_with_a_content_encoding_is_refused},
    {"an answer names a wrong field and its limit", members},
    {"an answer names all wrong fields", all_at_once},
    {"the list of wrong fields has a limit", more_than_fit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/http_body", cases)
