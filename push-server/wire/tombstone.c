#include "wire/tombstone.h"

#include <stdbool.h>
#include <string.h>

#include "core/check.h"
#include "wire/event_frame.h"
#include "wire/frame_header.h"

#include "core/banned.h"

/* A piece of the frame's JSON: a member's name and value as they stand there. */
struct member {
	const char *name, *value;
	size_t n_name, n_value; /* n_name without the quotes */
};

/* What a tombstone is written into; at most `size` bytes. */
struct tombstone {
	char *text;
	size_t n, size;
	unsigned members; /* of the object that is being written */
};

/* The frame is JSON of our own encoder, so it is well-formed. */
static const char *
tombstone_skip_string(const char *p)
{
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

static const char *
tombstone_skip_value(const char *p)
{
	int depth = 0;

	for (;;) {
		if (*p == '"') {
			p = tombstone_skip_string(p);
		} else {
			depth += (*p == '{') + (*p == '[');
			depth -= (*p == '}') + (*p == ']');
			p++;
		}
		if (depth == 0 && (*p == ',' || *p == '}' || *p == ']'))
			return p;
	}
}

static const char *
tombstone_skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/* Reads the next member of an object; *p is behind its opening brace or the last member.
 * Returns false at the end of the object. */
static bool
tombstone_next(const char **p, struct member *out)
{
	const char *at = tombstone_skip_blanks(*p);

	if (*at == ',')
		at = tombstone_skip_blanks(at + 1);
	if (*at != '"')
		return false;
	out->name = at + 1;
	at = tombstone_skip_string(at);
	out->n_name = (size_t)(at - out->name) - 1;
	at = tombstone_skip_blanks(at);
	CHECK(*at == ':');
	out->value = tombstone_skip_blanks(at + 1);
	*p = tombstone_skip_value(out->value);
	out->n_value = (size_t)(*p - out->value);
	return true;
}

static bool
tombstone_is(const struct member *m, const char *name)
{
	return strlen(name) == m->n_name && memcmp(m->name, name, m->n_name) == 0;
}

/* Finds a member of the object that starts at `object`. */
static bool
tombstone_find(const char *object, const char *name, struct member *out)
{
	const char *p = object + 1;

	while (tombstone_next(&p, out))
		if (tombstone_is(out, name))
			return true;
	return false;
}

/* Appends a member, unless it leaves less than `reserve` bytes. */
static bool
tombstone_put(struct tombstone *t, const char *name, const char *value, size_t n_value,
    size_t reserve)
{
	const size_t n_name = strlen(name);
	const size_t n = (t->members > 0) + n_name + 3 + n_value;
	char *at = t->text + t->n;

	if (t->n + n + reserve > t->size)
		return false;
	if (t->members++ > 0)
		*at++ = ',';
	*at++ = '"';
	memcpy(at, name, n_name);
	at += n_name;
	*at++ = '"';
	*at++ = ':';
	memcpy(at, value, n_value);
	t->n += n;
	return true;
}

static bool
tombstone_copy(struct tombstone *t, const char *object, const char *name, size_t reserve)
{
	struct member m;

	return !tombstone_find(object, name, &m) ||
	       tombstone_put(t, name, m.value, m.n_value, reserve);
}

static void
tombstone_open(struct tombstone *t, const char *text)
{
	const size_t n = strlen(text);

	memcpy(t->text + t->n, text, n);
	t->n += n;
	t->members = 0;
}

/* The most important members come first: the later ones are left out when they do not
 * fit. `"deleted":true` may make the JSON longer than a short text was; the id that the
 * client chose is longer than that, and is not needed any more. */
static const char *const kept[] = {"type", "channelId", "userId"};
static const char *const numbers[] = {"seq", "prev"};
static const char *const needed[] = {
    "messageId", "senderDisplayName", "createdAt", "version"};
static const char *const optional[] = {
    "threadId", "editedAt", "deletedAt", "clientMessageId"};

static void
tombstone_write_payload(struct tombstone *t, const char *payload)
{
	static const char end[] = "}}";
	struct member m;

	tombstone_open(t, ",\"payload\":{");
	for (size_t i = 0; i < ES_COUNT(needed); i++)
		(void)tombstone_copy(t, payload, needed[i], sizeof(end) - 1);
	if (tombstone_find(payload, "body", &m))
		(void)tombstone_put(t, "body", "null", 4, sizeof(end) - 1);
	(void)tombstone_put(t, "deleted", "true", 4, sizeof(end) - 1);
	for (size_t i = 0; i < ES_COUNT(optional); i++)
		(void)tombstone_copy(t, payload, optional[i], sizeof(end) - 1);
	memcpy(t->text + t->n, end, sizeof(end) - 1);
	t->n += sizeof(end) - 1;
}

static void
tombstone_write(struct tombstone *t, const char *json, const struct member *payload)
{
	struct member m;

	tombstone_open(t, "{");
	for (size_t i = 0; i < ES_COUNT(kept); i++)
		(void)tombstone_copy(t, json, kept[i], 0);
	if (tombstone_find(json, "body", &m))
		(void)tombstone_put(t, "body", "null", 4, 0);
	for (size_t i = 0; i < ES_COUNT(numbers); i++)
		(void)tombstone_copy(t, json, numbers[i], 0);
	tombstone_write_payload(t, payload->value);
}

void
tombstone_rewrite(unsigned char *frame, size_t len)
{
	static char text[EVENT_FRAME_MAX];
	const struct event_frame f = {frame, len};
	struct tombstone t = {.text = text};
	struct member type, payload;
	const char *json = event_frame_json(&f, &t.size);

	CHECK(len <= EVENT_FRAME_MAX && tombstone_find(json, "type", &type));
	if (type.n_value == 5 && memcmp(type.value, "\"gap\"", 5) == 0)
		return;
	CHECK(tombstone_find(json, "payload", &payload));
	tombstone_write(&t, json, &payload);
	CHECK(t.n <= t.size);
	memset(text + t.n, ' ', t.size - t.n);
	memcpy(frame + (len - t.size), text, t.size);
}
