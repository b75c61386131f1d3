#include "event/envelope.h"

#include <string.h>

#include "crypto/digest.h"
#include "event/event_private.h"
#include "json/json_bind.h"
#include "json/json_write.h"

#include "core/banned.h"

/* Members of one element of "messages". */
struct wire_message {
	const char *cid, *key, *hash, *body;
	bool minted;
};

static const struct json_field message_fields[] = {
    JSON_FIELD(struct wire_message, cid, JSON_STRING, true, 1, CLIENT_ID_MAX),
    JSON_FIELD(struct wire_message, minted, JSON_BOOL, true, 0, 0),
    JSON_FIELD(struct wire_message, key, JSON_STRING, true, 32, 32),
    JSON_FIELD(struct wire_message, hash, JSON_STRING, true, 32, 32),
    JSON_FIELD(struct wire_message, body, JSON_STRING, true, 1, 65536),
};

struct wire_envelope {
	int64_t v, at;
	const char *id, *tenant, *channel, *user, *name, *reply, *traceparent;
	bool has_reply, has_traceparent;
	const struct json_list *messages;
};

static const struct json_field envelope_fields[] = {
    JSON_FIELD(
	struct wire_envelope, v, JSON_INT, true, ENVELOPE_VERSION, ENVELOPE_VERSION),
    JSON_FIELD(struct wire_envelope, id, JSON_UUID, true, 36, 36),
    JSON_FIELD(struct wire_envelope, tenant, JSON_UUID, true, 36, 36),
    JSON_FIELD(struct wire_envelope, channel, JSON_UUID, true, 36, 36),
    JSON_FIELD(struct wire_envelope, user, JSON_UUID, true, 36, 36),
    JSON_FIELD(struct wire_envelope, name, JSON_STRING, true, 0, 1024),
    JSON_FIELD_OPT(struct wire_envelope, reply, JSON_STRING, 1, 64),
    JSON_FIELD_OPT(struct wire_envelope, traceparent, JSON_STRING, 1, 64),
    JSON_FIELD(struct wire_envelope, at, JSON_INT, true, 0, ES_INT_MAX_EXACT),
    JSON_FIELD(
	struct wire_envelope, messages, JSON_ARRAY, true, 1, ENVELOPE_MESSAGES_MAX),
};

static bool
envelope_client_id(const char *s)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
	const size_t len = strnlen(s, CLIENT_ID_MAX + 1);

	return len >= 1 && len <= CLIENT_ID_MAX && strspn(s, alphabet) == len;
}

bool
client_id_valid(const char *s)
{
	return envelope_client_id(s) && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

void
envelope_dedupe_key(const struct user_id *user, const char *client_id, char out[33])
{
	unsigned char sum[DIGEST_SHA256];

	digest_sha256((const struct digest_part[]){{user->text, strlen(user->text) + 1},
			  {"c", 2}, {client_id, strlen(client_id)}},
	    3, sum);
	digest_hex(sum, 16, out);
}

void
envelope_message_init(struct envelope_message *m, const struct user_id *user,
    const char *client_id, const char *body, struct arena *a)
{
	char minted[ES_UUID_TEXT];
	unsigned char sum[DIGEST_SHA256];

	*m = (struct envelope_message){.minted = client_id == NULL, .body = body};
	if (client_id == NULL)
		uuid_new(minted);
	m->client_id = arena_strdup(a, client_id != NULL ? client_id : minted);
	envelope_dedupe_key(user, m->client_id, m->dedupe_key);
	digest_sha256(&(struct digest_part){body, strlen(body)}, 1, sum);
	digest_hex(sum, 16, m->request_hash);
}

void
envelope_encode(const struct envelope *e, struct text *out)
{
	struct json_write w;

	jw_init(&w, out);
	w.ascii = true;
	jw_object(&w, NULL);
	jw_int(&w, "v", ENVELOPE_VERSION);
	jw_string(&w, "id", e->id.text);
	jw_string(&w, "tenant", e->tenant.text);
	jw_string(&w, "channel", e->channel.text);
	jw_string(&w, "user", e->user.text);
	jw_string(&w, "name", e->display_name);
	jw_string(&w, "reply", e->reply);
	jw_string(&w, "traceparent", e->traceparent);
	jw_int(&w, "at", e->accepted_ms);
	jw_array(&w, "messages");
	for (size_t i = 0; i < e->n; i++) {
		const struct envelope_message *m = &e->messages[i];

		jw_object(&w, NULL);
		jw_string(&w, "cid", m->client_id);
		jw_bool(&w, "minted", m->minted);
		jw_string(&w, "key", m->dedupe_key);
		jw_string(&w, "hash", m->request_hash);
		jw_string(&w, "body", m->body);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
}

static enum es_code
envelope_decode_message(
    const char *json, struct arena *a, struct envelope_message *out, struct es_err *err)
{
	struct wire_message m = {0};

	TRY(json_bind(json, strlen(json), message_fields, ES_COUNT(message_fields),
	    JSON_IGNORE_UNKNOWN, a, &m, err));
	/* Do not use client_id_valid(): an earlier release queued sends with the ids "."
	 * and
	 * "..". */
	if (!envelope_client_id(m.cid))
		return es_fail_field(
		    err, ES_INVALID, "cid", "is not a client message id");
	*out = (struct envelope_message){
	    .client_id = m.cid, .minted = m.minted, .body = m.body};
	TRY(hex_parse(m.key, "key", out->dedupe_key, err));
	return hex_parse(m.hash, "hash", out->request_hash, err);
}

enum es_code
hex_parse(const char *s, const char *field, char out[33], struct es_err *err)
{
	if (strlen(s) != 32 || strspn(s, "0123456789abcdef") != 32)
		return es_fail_field(err, ES_INVALID, field, "must be 32 hex digits");
	memcpy(out, s, 33);
	return ES_OK;
}

enum es_code
uuid_parse(const char *s, const char *field, char out[ES_UUID_TEXT], struct es_err *err)
{
	if (!uuid_valid(s))
		return es_fail_field(err, ES_INVALID, field, "must be a UUID");
	memcpy(out, s, ES_UUID_TEXT);
	return ES_OK;
}

enum es_code
envelope_decode(
    const char *s, size_t len, struct arena *a, struct envelope *out, struct es_err *err)
{
	struct wire_envelope w = {0};
	struct envelope e = {0};

	TRY(json_bind(s, len, envelope_fields, ES_COUNT(envelope_fields),
	    JSON_IGNORE_UNKNOWN, a, &w, err));
	TRY(uuid_parse(w.id, "id", e.id.text, err));
	TRY(uuid_parse(w.tenant, "tenant", e.tenant.text, err));
	TRY(uuid_parse(w.channel, "channel", e.channel.text, err));
	TRY(uuid_parse(w.user, "user", e.user.text, err));
	e.display_name = w.name;
	e.reply = w.reply;
	e.traceparent = w.traceparent;
	e.accepted_ms = w.at;
	e.n = w.messages->n;
	e.messages = arena_alloc(a, e.n * sizeof(*e.messages));
	for (size_t i = 0; i < e.n; i++)
		TRY(envelope_decode_message(
		    w.messages->items[i], a, &e.messages[i], err));
	*out = e;
	return ES_OK;
}
