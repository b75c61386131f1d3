#include "hub/sync_answer.h"

#include <stdlib.h>
#include <string.h>

#include "conn/conn_write.h"
#include "conn/frame_out.h"
#include "core/check.h"
#include "json/json_write.h"

#include "core/banned.h"

struct sync_result {
	char channel[ES_UUID_TEXT];
	bool done;
	uint16_t epoch; /* number of the epoch that the answer is of */
	enum es_code code;
	int64_t seq, replayed;
};

struct sync_answer {
	struct conn *conn;
	char *id;
	/* The epoch of the last answer, and how often it has changed since the sync. */
	char epoch[sizeof(((struct loop_env *)NULL)->epoch)];
	uint16_t epochs;
	size_t n, left;
	struct sync_result results[];
};

static void
sync_answer_note_epoch(struct sync_answer *s)
{
	const char *now = s->conn->conns->env->epoch;

	if (strcmp(s->epoch, now) == 0)
		return;
	memcpy(s->epoch, now, sizeof(s->epoch));
	s->epochs++;
}

/* The `retryAfterMs` and the texts of an error are in the channel's own error frame. */
static void
sync_answer_write_one(struct json_write *json, const struct sync_result *r, bool reset)
{
	jw_object(json, NULL);
	jw_string(json, "channelId", r->channel);
	if (r->code == ES_OK) {
		jw_int(json, "seq", r->seq);
		jw_int(json, "replayed", r->replayed);
		if (reset)
			jw_bool(json, "reset", true);
	} else {
		jw_object(json, "error");
		jw_string(json, "code", es_code_name(r->code));
		jw_bool(json, "retryable", es_code_retryable(r->code));
		jw_object_end(json);
	}
	jw_object_end(json);
}

static void
sync_answer_send(struct sync_answer *s)
{
	struct arena *a = arena_new();
	struct json_write json;
	struct text text;

	sync_answer_note_epoch(s);
	text_init(&text, a, CONN_FRAME_MAX);
	jw_init(&json, &text);
	jw_object(&json, NULL);
	jw_string(&json, "epoch", s->epoch);
	jw_array(&json, "channels");
	for (size_t i = 0; i < s->n; i++)
		sync_answer_write_one(
		    &json, &s->results[i], s->results[i].epoch != s->epochs);
	jw_array_end(&json);
	jw_object_end(&json);
	CHECK(!text.overflow);
	frame_out_ack(s->conn, "sync", s->id, NULL, text.data);
	arena_free(&a);
}

static void
sync_answer_finish(struct sync_answer *s)
{
	if (s->conn->state == CONN_OPEN)
		sync_answer_send(s);
	mem_free(s->id);
	mem_free(s);
}

struct sync_answer *
sync_answer_new(struct conn *c, const char *id, const char *const channels[], size_t n)
{
	struct sync_answer *s = mem_new(1, sizeof(*s) + n * sizeof(s->results[0]));

	CHECK(n <= SYNC_MAX);
	s->conn = c;
	s->id = mem_strdup(id);
	s->n = s->left = n;
	for (size_t i = 0; i < n; i++)
		(void)snprintf(s->results[i].channel, sizeof(s->results[i].channel), "%s",
		    channels[i]);
	if (n > 0)
		return s;
	sync_answer_finish(s);
	return NULL;
}

static void
sync_answer_note(struct sync_answer *s, size_t i, const struct sync_result *result)
{
	struct sync_result *r = &s->results[i];

	CHECK(i < s->n && !r->done);
	sync_answer_note_epoch(s);
	r->done = true;
	r->epoch = s->epochs;
	r->code = result->code;
	r->seq = result->seq;
	r->replayed = result->replayed;
	if (--s->left == 0)
		sync_answer_finish(s);
}

void
sync_answer_ok(struct sync_answer *s, size_t i, int64_t seq, int64_t replayed)
{
	const struct sync_result r = {.code = ES_OK, .seq = seq, .replayed = replayed};

	sync_answer_note(s, i, &r);
}

void
sync_answer_failed(struct sync_answer *s, size_t i, enum es_code code)
{
	const struct sync_result r = {.code = code};

	sync_answer_note(s, i, &r);
}
