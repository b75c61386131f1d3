#include "event/envelope.h"

#include <string.h>

#include "crypto/digest.h"
#include "event/event_private.h"
#include "json/json_bind.h"
#include "json/json_write.h"

#include "core/banned.h"

/* Members of one element of "messages". */
struct wire_message {
	int64_t target, ifVersion, thread;
	const char *cid, *key, *hash, *op, *body, *emoji, *mentions;
	bool has_op, has_body, has_emoji, has_mentions;
	bool minted, alsoInChannel, silent;
};

static const struct json_field message_fields[] = {
    JSON_FIELD(struct wire_message, cid, JSON_STRING, true, 1, CLIENT_ID_MAX),
    JSON_FIELD(struct wire_message, minted, JSON_BOOL, true, 0, 0),
    JSON_FIELD(struct wire_message, key, JSON_STRING, true, 32, 32),
    JSON_FIELD(struct wire_message, hash, JSON_STRING, true, 32, 32),
    JSON_FIELD_OPT(struct wire_message, op, JSON_STRING, 1, 16),
    JSON_FIELD_OPT(struct wire_message, body, JSON_STRING, 1, 65536),
    JSON_FIELD(struct wire_message, target, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_message, ifVersion, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct wire_message, emoji, JSON_STRING, 1, EMOJI_MAX),
    JSON_FIELD(struct wire_message, thread, JSON_INT, false, 1, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_message, alsoInChannel, JSON_BOOL, false, 0, 0),
    JSON_FIELD(struct wire_message, silent, JSON_BOOL, false, 0, 0),
    JSON_FIELD_OPT(struct wire_message, mentions, JSON_RAW, 2, MENTIONS_BYTES_MAX),
};

static const char *const op_names[OP_COUNT] = {
#define X(name, text) [OP_##name] = text,
    ENVELOPE_OPS(X)
#undef X
};

struct wire_envelope {
	int64_t v, at;
	const char *id, *tenant, *channel, *user, *name, *reply, *traceparent;
	bool has_reply, has_traceparent;
	const struct json_list *messages;
};

static const struct json_field envelope_fields[] = {
    JSON_FIELD(struct wire_envelope, v, JSON_INT, true, 1, ENVELOPE_VERSION),
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

const char *
envelope_op_name(enum envelope_op op)
{
	return op_names[op];
}

bool
envelope_message_plain(const struct envelope_message *m)
{
	return m->op == OP_MESSAGE && m->target == 0 && m->if_version == 0 &&
	       m->emoji == NULL && m->thread_id == 0 && !m->also_in_channel &&
	       !m->silent && m->mentions == NULL;
}

/* The hash of a plain message is that of its body alone, as earlier releases wrote it, so
 * that a repeat is still found after an upgrade. */
static void
envelope_request_hash(const struct envelope_message *m, struct arena *a, char out[33])
{
	const char *text = m->body != NULL ? m->body : "";
	unsigned char sum[DIGEST_SHA256];

	if (!envelope_message_plain(m))
		text = arena_printf(a, "%s\n%lld\n%lld\n%lld\n%d%d\n%s\n%s\n%s",
		    op_names[m->op], (long long)m->target, (long long)m->if_version,
		    (long long)m->thread_id, m->also_in_channel, m->silent,
		    m->emoji != NULL ? m->emoji : "",
		    m->mentions != NULL ? m->mentions : "", text);
	digest_sha256(&(struct digest_part){text, strlen(text)}, 1, sum);
	digest_hex(sum, 16, out);
}

void
envelope_message_seal(struct envelope_message *m, const struct user_id *user,
    const char *client_id, struct arena *a)
{
	char minted[ES_UUID_TEXT];

	m->minted = client_id == NULL;
	if (client_id == NULL)
		uuid_new(minted);
	m->client_id = arena_strdup(a, client_id != NULL ? client_id : minted);
	envelope_dedupe_key(user, m->client_id, m->dedupe_key);
	envelope_request_hash(m, a, m->request_hash);
}

void
envelope_message_init(struct envelope_message *m, const struct user_id *user,
    const char *client_id, const char *body, struct arena *a)
{
	*m = (struct envelope_message){.op = OP_MESSAGE, .body = body};
	envelope_message_seal(m, user, client_id, a);
}

static int64_t
envelope_version(const struct envelope *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (!envelope_message_plain(&e->messages[i]))
			return ENVELOPE_VERSION;
	return 1;
}

static void
envelope_encode_number(struct json_write *w, const char *name, int64_t value)
{
	if (value != 0)
		jw_int(w, name, value);
}

/* The members that version 1 does not have. */
static void
envelope_encode_more(struct json_write *w, const struct envelope_message *m)
{
	jw_string(w, "op", op_names[m->op]);
	envelope_encode_number(w, "target", m->target);
	envelope_encode_number(w, "ifVersion", m->if_version);
	jw_string(w, "emoji", m->emoji);
	envelope_encode_number(w, "thread", m->thread_id);
	jw_bool(w, "alsoInChannel", m->also_in_channel);
	jw_bool(w, "silent", m->silent);
	if (m->mentions != NULL)
		jw_raw(w, "mentions", m->mentions);
}

void
envelope_encode(const struct envelope *e, struct text *out)
{
	struct json_write w;

	jw_init(&w, out);
	w.ascii = true;
	jw_object(&w, NULL);
	jw_int(&w, "v", envelope_version(e));
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
		if (!envelope_message_plain(m))
			envelope_encode_more(&w, m);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
}

/* Checks that the change has the members of its op, and no others. */
static enum es_code
envelope_check_members(const struct envelope_message *m, struct es_err *err)
{
	const bool text = m->op == OP_MESSAGE || m->op == OP_EDIT;
	const bool reaction = m->op == OP_REACT || m->op == OP_UNREACT;
	const bool reply_of = m->thread_id != 0 || m->also_in_channel;

	if (text != (m->body != NULL))
		return es_fail_field(err, ES_INVALID, "body", "does not fit the op");
	if ((m->op == OP_MESSAGE) != (m->target == 0))
		return es_fail_field(err, ES_INVALID, "target", "does not fit the op");
	if (reaction != (m->emoji != NULL))
		return es_fail_field(err, ES_INVALID, "emoji", "does not fit the op");
	if (m->if_version != 0 && m->op != OP_EDIT && m->op != OP_DELETE)
		return es_fail_field(err, ES_INVALID, "ifVersion", "does not fit the op");
	if (m->op != OP_MESSAGE && (reply_of || m->silent))
		return es_fail_field(err, ES_INVALID, "thread", "does not fit the op");
	if (m->mentions != NULL && (!text || m->mentions[0] != '{'))
		return es_fail_field(err, ES_INVALID, "mentions", "does not fit the op");
	return ES_OK;
}

static bool
envelope_op_parse(const char *name, enum envelope_op *out)
{
	for (int i = 0; i < OP_COUNT; i++)
		if (strcmp(op_names[i], name) == 0) {
			*out = (enum envelope_op)i;
			return true;
		}
	return false;
}

/* Members that version 1 does not have are unknown to it, and so ignored in it. */
static enum es_code
envelope_decode_more(
    const struct wire_message *w, struct envelope_message *out, struct es_err *err)
{
	if (w->op != NULL && !envelope_op_parse(w->op, &out->op))
		return es_fail_field(err, ES_INVALID, "op", "is unknown");
	out->target = w->target;
	out->if_version = w->ifVersion;
	out->emoji = w->emoji;
	out->thread_id = w->thread;
	out->also_in_channel = w->alsoInChannel;
	out->silent = w->silent;
	out->mentions = w->mentions;
	return ES_OK;
}

static enum es_code
envelope_decode_message(const char *json, int64_t version, struct arena *a,
    struct envelope_message *out, struct es_err *err)
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
	if (version > 1)
		TRY(envelope_decode_more(&m, out, err));
	TRY(envelope_check_members(out, err));
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
		    w.messages->items[i], w.v, a, &e.messages[i], err));
	*out = e;
	return ES_OK;
}
