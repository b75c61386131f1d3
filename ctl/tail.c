#include "tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/id.h"
#include "json/json_bind.h"
#include "json/json_write.h"

#include "ctl_frame.h"
#include "ctl_print.h"

#include "core/banned.h"

static struct tail_channel *
tail_find(const struct tail *t, const char *id)
{
	for (size_t i = 0; id != NULL && i < t->n; i++)
		if (strcmp(t->channels[i].id, id) == 0)
			return &t->channels[i];
	return NULL;
}

void
tail_subscribe(struct tail *t, struct ws_client *ws)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct tail_channel *ch = &t->channels[i];
		struct arena *a;
		struct json_write w;
		struct text text;

		if (ch->refused)
			continue;
		a = arena_new();
		text_init(&text, a, 4096);
		jw_init(&w, &text);
		jw_object(&w, NULL);
		jw_string(&w, "type", "subscribe");
		jw_string(&w, "id", ch->id);
		jw_string(&w, "channelId", ch->id);
		if (ch->after >= 0) {
			jw_int(&w, "after", ch->after);
			jw_string(&w, "epoch", ch->epoch);
		}
		jw_object_end(&w);
		ws_client_send(ws, text.data, text.len);
		arena_free(&a);
	}
}

static void
tail_print_message(
    const struct ctl *c, const struct tail_channel *ch, const struct ctl_frame *f)
{
	const char *at = ctl_member(c, f->payload, "createdAt");
	const char *name = ctl_member(c, f->payload, "senderDisplayName");

	(void)printf("%.8s  %s  %s: %s\n", strlen(at) >= 19 ? at + 11 : at,
	    ctl_escape(c->arena, ch->name), ctl_escape(c->arena, name),
	    f->has_body ? ctl_escape(c->arena, f->body) : "(deleted)");
}

static void
tail_on_event(const struct ctl *c, struct tail_channel *ch, const struct ctl_frame *f,
    const char *text, size_t len)
{
	if (f->seq > ch->after)
		ch->after = f->seq;
	if (c->opt.json)
		(void)printf("%.*s\n", (int)len, text);
	else if (strcmp(f->type, "message") == 0)
		tail_print_message(c, ch, f);
	else
		ctl_note(c, "%s: %s", ctl_escape(c->arena, ch->name), f->type);
}

/* A channel without a seen message starts at its head. */
static void
tail_on_subscribed(
    const struct ctl *c, struct tail_channel *ch, const struct ctl_frame *f)
{
	struct head {
		const char *epoch;
		int64_t seq;
	} head = {0};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct head, epoch, JSON_STRING, true, 1, sizeof(ch->epoch) - 1),
	    JSON_FIELD(struct head, seq, JSON_INT, true, 0, ES_INT_MAX_EXACT),
	};
	struct es_err err;

	if (json_bind(f->payload, strlen(f->payload), fields, ES_COUNT(fields),
		JSON_IGNORE_UNKNOWN, c->arena, &head, &err) != ES_OK)
		return;
	(void)snprintf(ch->epoch, sizeof(ch->epoch), "%s", head.epoch);
	if (ch->after < 0)
		ch->after = head.seq;
}

static void
tail_on_gap(const struct ctl *c, struct tail_channel *ch, const struct ctl_frame *f)
{
	struct gap {
		int64_t toSeq;
	} gap = {0};
	static const struct json_field field =
	    JSON_FIELD(struct gap, toSeq, JSON_INT, true, 0, ES_INT_MAX_EXACT);
	struct es_err err;

	(void)ctl_fail(c, "%s: messages are missing here (%s)",
	    ctl_escape(c->arena, ch->name),
	    ctl_escape(c->arena, ctl_member(c, f->payload, "reason")));
	if (json_bind(f->payload, strlen(f->payload), &field, 1, JSON_IGNORE_UNKNOWN,
		c->arena, &gap, &err) == ES_OK)
		ch->after = gap.toSeq;
}

/* Prints the refusal. Stops following the channel when the server would refuse a repeat,
 * too. */
static void
tail_on_error(const struct ctl *c, struct tail_channel *ch, const struct ctl_frame *f)
{
	const char *code = ctl_member(c, f->payload, "code");

	(void)ctl_fail(c, "%s%s%s (%s)", ch != NULL ? ctl_escape(c->arena, ch->name) : "",
	    ch != NULL ? ": " : "",
	    ctl_escape(c->arena, ctl_member(c, f->payload, "title")),
	    ctl_escape(c->arena, code));
	if (ch != NULL && strcmp(ctl_member(c, f->payload, "retryable"), "true") != 0)
		ch->refused = true;
}

static bool
tail_any_left(const struct tail *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->channels[i].refused)
			return true;
	return false;
}

bool
tail_frame(struct tail *t, const char *text, size_t len)
{
	struct ctl c = *t->ctl;
	struct tail_channel *ch;
	struct ctl_frame f;

	c.arena = arena_new(); /* free each frame, since a tail may run for months */
	if (ctl_frame_read(c.arena, text, len, &f)) {
		ch = tail_find(t, f.channelId);
		if (strcmp(f.type, "error") == 0)
			tail_on_error(&c, ch, &f);
		else if (ch != NULL && strcmp(f.type, "ack") == 0)
			tail_on_subscribed(&c, ch, &f);
		else if (ch != NULL && strcmp(f.type, "gap") == 0)
			tail_on_gap(&c, ch, &f);
		else if (ch != NULL && f.has_seq)
			tail_on_event(&c, ch, &f, text, len);
	}
	arena_free(&c.arena);
	return tail_any_left(t);
}
