#include "event/event.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "event/event_private.h"
#include "json/json_bind.h"
#include "json/json_write.h"

#include "core/banned.h"

struct wire_event {
	int64_t v, seq, at, messageId, version, editedMs, deletedMs;
	const char *kind, *tenant, *channel, *user, *name, *createdAt, *body, *cid,
	    *payload, *traceparent;
	bool has_body, has_cid, has_payload, has_traceparent, has_name;
	bool edited, deleted;
};

static const struct json_field event_fields[] = {
    JSON_FIELD(struct wire_event, v, JSON_INT, true, EVENT_VERSION, EVENT_VERSION),
    JSON_FIELD(struct wire_event, kind, JSON_STRING, true, 1, 32),
    JSON_FIELD(struct wire_event, tenant, JSON_UUID, true, 36, 36),
    JSON_FIELD(struct wire_event, channel, JSON_UUID, true, 36, 36),
    JSON_FIELD(struct wire_event, user, JSON_UUID, true, 36, 36),
    JSON_FIELD_OPT(struct wire_event, name, JSON_STRING, 0, 1024),
    JSON_FIELD(struct wire_event, seq, JSON_INT, true, 0, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_event, createdAt, JSON_STRING, true, 20, ES_TIME_TEXT),
    JSON_FIELD(struct wire_event, at, JSON_INT, true, 0, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct wire_event, body, JSON_STRING, 0, 65536),
    JSON_FIELD_OPT(struct wire_event, cid, JSON_STRING, 1, CLIENT_ID_MAX),
    JSON_FIELD(struct wire_event, edited, JSON_BOOL, false, 0, 0),
    JSON_FIELD(struct wire_event, deleted, JSON_BOOL, false, 0, 0),
    JSON_FIELD(struct wire_event, messageId, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_event, version, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_event, editedMs, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_event, deletedMs, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct wire_event, payload, JSON_RAW, 2, EVENT_PAYLOAD_MAX),
    JSON_FIELD_OPT(struct wire_event, traceparent, JSON_STRING, 1, 64),
};

static const char *const kind_names[EVENT_KIND_COUNT] = {
#define X(name, text) [EVENT_##name] = text,
    EVENT_KINDS(X)
#undef X
};

const char *
event_kind_name(enum event_kind kind)
{
	return kind_names[kind];
}

bool
event_kind_has_body(enum event_kind kind)
{
	return kind == EVENT_MESSAGE || kind == EVENT_MESSAGE_UPDATED;
}

bool
event_kind_changes_message(enum event_kind kind)
{
	return kind == EVENT_MESSAGE_UPDATED || kind == EVENT_MESSAGE_DELETED ||
	       kind == EVENT_REACTIONS_CHANGED;
}

bool
event_kind_lossy(enum event_kind kind)
{
	return kind == EVENT_TYPING || kind == EVENT_RECEIPT || kind == EVENT_READ;
}

bool
event_kind_parse(const char *name, enum event_kind *out)
{
	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*out = (enum event_kind)i;
			return true;
		}
	return false;
}

static void
event_encode_number(struct json_write *w, const char *name, int64_t value)
{
	if (value != 0)
		jw_int(w, name, value);
}

void
event_encode(const struct event *e, struct text *out)
{
	struct json_write w;
	char created[ES_TIME_TEXT];

	clock_format(e->created_ms, created);
	jw_init(&w, out);
	w.ascii = true;
	jw_object(&w, NULL);
	jw_int(&w, "v", EVENT_VERSION);
	jw_string(&w, "kind", kind_names[e->kind]);
	jw_string(&w, "tenant", e->tenant.text);
	jw_string(&w, "channel", e->channel.text);
	jw_string(&w, "user", e->user.text);
	jw_string(&w, "name", e->display_name);
	jw_int(&w, "seq", e->seq);
	jw_string(&w, "createdAt", created);
	jw_int(&w, "at", e->accepted_ms);
	jw_string(&w, "body", e->body);
	jw_string(&w, "cid", e->client_id);
	jw_bool(&w, "edited", e->edited);
	jw_bool(&w, "deleted", e->deleted);
	event_encode_number(&w, "messageId", e->message_id);
	event_encode_number(&w, "version", e->version);
	event_encode_number(&w, "editedMs", e->edited_ms);
	event_encode_number(&w, "deletedMs", e->deleted_ms);
	if (e->payload != NULL)
		jw_raw(&w, "payload", e->payload);
	jw_string(&w, "traceparent", e->traceparent);
	jw_object_end(&w);
}

/* Checks that the members which the kind requires are present. */
static enum es_code
event_check_members(const struct event *e, struct es_err *err)
{
	if (event_kind_has_body(e->kind) && e->body == NULL && !e->deleted)
		return es_fail_field(err, ES_INVALID, "body", "is required");
	if (event_kind_changes_message(e->kind) != (e->message_id != 0))
		return es_fail_field(
		    err, ES_INVALID, "messageId", "does not fit the kind");
	if (event_kind_lossy(e->kind) != (e->seq == 0))
		return es_fail_field(err, ES_INVALID, "seq", "does not fit the kind");
	if (e->payload != NULL && e->payload[0] != '{')
		return es_fail_field(err, ES_INVALID, "payload", "must be an object");
	return ES_OK;
}

enum es_code
event_decode(
    const char *s, size_t len, struct arena *a, struct event *out, struct es_err *err)
{
	struct wire_event w = {0};
	struct event e = {0};

	TRY(json_bind(s, len, event_fields, ES_COUNT(event_fields), JSON_IGNORE_UNKNOWN,
	    a, &w, err));
	if (!event_kind_parse(w.kind, &e.kind))
		return es_fail_field(err, ES_INVALID, "kind", "is unknown");
	TRY(uuid_parse(w.tenant, "tenant", e.tenant.text, err));
	TRY(uuid_parse(w.channel, "channel", e.channel.text, err));
	TRY(uuid_parse(w.user, "user", e.user.text, err));
	if (!clock_parse(w.createdAt, &e.created_ms))
		return es_fail_field(err, ES_INVALID, "createdAt", "is not a time");
	e.display_name = w.name;
	e.seq = w.seq;
	e.accepted_ms = w.at;
	e.body = w.body;
	e.client_id = w.cid;
	e.edited = w.edited;
	e.deleted = w.deleted;
	e.message_id = w.messageId;
	e.version = w.version;
	e.edited_ms = w.editedMs;
	e.deleted_ms = w.deletedMs;
	e.payload = w.payload;
	e.traceparent = w.traceparent;
	TRY(event_check_members(&e, err));
	*out = e;
	return ES_OK;
}

void
topic_channel(
    const struct tenant_id *t, const struct channel_id *c, char out[ES_TOPIC_MAX])
{
	(void)snprintf(out, ES_TOPIC_MAX, "es:t:%s:c:%s", t->text, c->text);
}

void
topic_presence(const struct tenant_id *t, char out[ES_TOPIC_MAX])
{
	(void)snprintf(out, ES_TOPIC_MAX, "es:t:%s:p", t->text);
}
