/* The outcome that answers an envelope; declared in event.h. */
#include <string.h>

#include "core/clock.h"
#include "event/event.h"
#include "event/event_private.h"
#include "json/json_bind.h"
#include "json/json_write.h"

#include "core/banned.h"

#define REPLY_VERSION 1

struct wire_reply {
	int64_t v;
	const char *id, *name;
	bool has_name;
	const struct json_list *outcomes;
};

static const struct json_field reply_fields[] = {
    JSON_FIELD(struct wire_reply, v, JSON_INT, true, REPLY_VERSION, REPLY_VERSION),
    JSON_FIELD(struct wire_reply, id, JSON_UUID, true, 36, 36),
    JSON_FIELD_OPT(struct wire_reply, name, JSON_STRING, 0, 1024),
    JSON_FIELD(struct wire_reply, outcomes, JSON_ARRAY, true, 1, ENVELOPE_MESSAGES_MAX),
};

struct wire_outcome {
	const char *cid, *result, *code, *createdAt;
	bool has_createdAt;
	int64_t messageId, seq, version;
};

static const struct json_field outcome_fields[] = {
    JSON_FIELD(struct wire_outcome, cid, JSON_STRING, true, 1, CLIENT_ID_MAX),
    JSON_FIELD(struct wire_outcome, result, JSON_STRING, true, 1, 16),
    JSON_FIELD(struct wire_outcome, code, JSON_STRING, true, 1, 64),
    JSON_FIELD(struct wire_outcome, messageId, JSON_INT, true, 0, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_outcome, seq, JSON_INT, false, 0, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_outcome, version, JSON_INT, false, 0, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct wire_outcome, createdAt, JSON_STRING, 20, ES_TIME_TEXT),
};

static const char *const result_names[] = {
    [OUTCOME_COMMITTED] = "committed",
    [OUTCOME_REPEAT] = "repeat",
    [OUTCOME_REFUSED] = "refused",
};

static const char *
reply_committed_name(const struct reply *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->outcomes[i].result == OUTCOME_COMMITTED)
			return r->outcomes[i].sender_name;
	return NULL;
}

void
reply_encode(const struct reply *r, struct text *out)
{
	struct json_write w;

	jw_init(&w, out);
	w.ascii = true;
	jw_object(&w, NULL);
	jw_int(&w, "v", REPLY_VERSION);
	jw_string(&w, "id", r->envelope.text);
	jw_string(&w, "name", reply_committed_name(r));
	jw_array(&w, "outcomes");
	for (size_t i = 0; i < r->n; i++) {
		const struct outcome *o = &r->outcomes[i];
		char created[ES_TIME_TEXT];

		clock_format(o->created_ms, created);
		jw_object(&w, NULL);
		jw_string(&w, "cid", o->client_id);
		jw_string(&w, "result", result_names[o->result]);
		jw_string(&w, "code", es_code_name(o->code));
		jw_int(&w, "messageId", o->message_id);
		jw_string(&w, "createdAt", o->result == OUTCOME_REFUSED ? NULL : created);
		if (o->seq != 0)
			jw_int(&w, "seq", o->seq);
		if (o->version != 0)
			jw_int(&w, "version", o->version);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
}

static enum es_code
reply_decode_outcome(
    const char *json, struct arena *a, struct outcome *out, struct es_err *err)
{
	struct wire_outcome w = {0};
	struct outcome o = {0};
	bool found = false;

	TRY(json_bind(json, strlen(json), outcome_fields, ES_COUNT(outcome_fields),
	    JSON_IGNORE_UNKNOWN, a, &w, err));
	for (unsigned i = 0; i < ES_COUNT(result_names); i++)
		if (strcmp(result_names[i], w.result) == 0) {
			o.result = (enum outcome_result)i;
			found = true;
		}
	o.code = es_code_from_name(w.code);
	if (!found || (o.result == OUTCOME_REFUSED) == (o.code == ES_OK))
		return es_fail_field(err, ES_INVALID, "result", "does not fit the code");
	if ((o.result == OUTCOME_REFUSED) != (w.createdAt == NULL))
		return es_fail_field(
		    err, ES_INVALID, "createdAt", "does not fit the result");
	if (w.createdAt != NULL && !clock_parse(w.createdAt, &o.created_ms))
		return es_fail_field(err, ES_INVALID, "createdAt", "is not a time");
	o.client_id = w.cid;
	o.message_id = w.messageId;
	o.seq = w.seq;
	o.version = w.version;
	*out = o;
	return ES_OK;
}

enum es_code
reply_decode(
    const char *s, size_t len, struct arena *a, struct reply *out, struct es_err *err)
{
	struct wire_reply w = {0};
	struct reply r = {0};

	TRY(json_bind(s, len, reply_fields, ES_COUNT(reply_fields), JSON_IGNORE_UNKNOWN,
	    a, &w, err));
	TRY(uuid_parse(w.id, "id", r.envelope.text, err));
	r.n = w.outcomes->n;
	r.outcomes = arena_alloc(a, r.n * sizeof(*r.outcomes));
	for (size_t i = 0; i < r.n; i++) {
		TRY(reply_decode_outcome(w.outcomes->items[i], a, &r.outcomes[i], err));
		if (r.outcomes[i].result == OUTCOME_COMMITTED)
			r.outcomes[i].sender_name = w.name;
	}
	*out = r;
	return ES_OK;
}
