/* The rows of the fake PostgreSQL of fake_outside.h, and the functions that change
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "fake_outside.h"

#include "core/banned.h"

void
out_init(struct outside *o, struct fake_worker *w, unsigned seed)
{
	memset(o, 0, sizeof(*o));
	o->worker = w;
	o->random_state = seed * 2654435761u + 1;
	o->acl_version = 1;
	(void)snprintf(
	    o->epoch, sizeof(o->epoch), "01900000-0000-7000-8000-0000000000e1");
	for (unsigned i = 0; i < OUT_CHANNELS; i++) {
		struct out_channel *ch = &o->channels[i];

		(void)snprintf(ch->id.text, sizeof(ch->id.text),
		    "01900000-0000-7000-8000-00000000c%03u", i);
		ch->events = mem_new(OUT_EVENTS, sizeof(*ch->events));
		ch->is_private = i == OUT_PRIVATE;
		for (unsigned u = 0; u < OUT_USERS; u++)
			ch->member[u] = true;
	}
	for (unsigned u = 0; u < OUT_USERS; u++)
		(void)snprintf(o->users[u].text, sizeof(o->users[u].text),
		    "01900000-0000-7000-8000-00000000a%03u", u);
}

void
out_fini(struct outside *o)
{
	pub_fini(o);
	CHECK(o->jobs == NULL);
	for (unsigned i = 0; i < OUT_CHANNELS; i++)
		free(o->channels[i].events);
}

int
out_channel_index(const struct outside *o, const struct channel_id *id)
{
	for (int i = 0; i < OUT_CHANNELS; i++)
		if (strcmp(o->channels[i].id.text, id->text) == 0)
			return i;
	return -1;
}

int
out_user_index(const struct outside *o, const struct user_id *id)
{
	for (int i = 0; i < OUT_USERS; i++)
		if (strcmp(o->users[i].text, id->text) == 0)
			return i;
	return -1;
}

struct event
out_event_of(const struct outside *o, const struct out_channel *ch, int64_t seq)
{
	static char body[301];
	static char payload[OUT_USERS][80];
	const struct out_event *e = &ch->events[seq];
	struct event ev = {.kind = e->kind,
	    .channel = ch->id,
	    .user = o->users[e->user],
	    .display_name = "X",
	    .seq = seq,
	    .created_ms = 1,
	    .accepted_ms = 1};
	struct es_err err;

	CHECK(tenant_id_parse(OUT_TENANT, &ev.tenant, &err) == ES_OK);
	ev.message_id = e->message_id;
	ev.deleted = e->deleted;
	if (e->kind == EVENT_MESSAGE_DELETED) {
		ev.payload = "{}";
	} else if (e->deleted) {
		ev.client_id = e->kind == EVENT_MESSAGE ? "c" : NULL;
	} else if (e->kind == EVENT_MESSAGE || e->kind == EVENT_MESSAGE_UPDATED) {
		memset(body, 'x', (size_t)(seq * 7 % 250));
		body[seq * 7 % 250] = '\0';
		ev.body = body;
		ev.client_id = e->kind == EVENT_MESSAGE ? "c" : NULL;
	} else if (e->payload != NULL) {
		ev.payload = e->payload;
	} else {
		(void)snprintf(payload[e->user], sizeof(payload[0]),
		    "{\"userId\":\"%s\"%s}", o->users[e->user].text,
		    e->bans ? ",\"banned\":true" : "");
		ev.payload = payload[e->user];
	}
	return ev;
}

static void
commit(struct outside *o, unsigned channel, const struct out_event *e)
{
	struct out_channel *ch = &o->channels[channel];
	const enum event_kind kind = e->kind;
	const int user = e->user;
	const int64_t seq = ++ch->head;
	struct arena *a = arena_new();
	char topic[ES_TOPIC_MAX];
	struct event ev;
	struct text text;

	CHECK(seq < OUT_EVENTS);
	ch->events[seq] = *e;
	if (kind == EVENT_MEMBER_LEFT) {
		ch->member[user] = false;
		ch->removed[user] = seq;
	} else if (kind == EVENT_MEMBER_JOINED) {
		ch->member[user] = true;
	} else if (kind == EVENT_CHANNEL_DELETED) {
		ch->deleted = true;
	} else if (kind == EVENT_MESSAGE_DELETED) {
		for (int64_t i = e->message_id; i < seq; i++)
			if (i == e->message_id ||
			    ch->events[i].message_id == e->message_id)
				ch->events[i].deleted = true;
	}
	ev = out_event_of(o, ch, seq);
	text_init(&text, a, 8192);
	event_encode(&ev, &text);
	topic_channel(&ev.tenant, &ev.channel, topic);
	if (out_chance(o, o->faults.delay))
		pub_send_late(o, topic, text.data, text.len);
	else if (!out_chance(o, o->faults.lose))
		pub_send(o, topic, text.data, text.len);
	if (out_chance(o, o->faults.repeat))
		pub_send(o, topic, text.data, text.len);
	arena_free(&a);
}

void
out_commit(struct outside *o, unsigned channel, enum event_kind kind, int user)
{
	commit(o, channel, &(struct out_event){.kind = kind, .user = user});
}

void
out_change(struct outside *o, unsigned channel, enum event_kind kind, int user,
    int64_t message_id)
{
	commit(o, channel,
	    &(struct out_event){.kind = kind, .user = user, .message_id = message_id});
}

void
out_ban(struct outside *o, unsigned channel, int user)
{
	o->channels[channel].banned[user] = true;
	commit(o, channel,
	    &(struct out_event){.kind = EVENT_MEMBER_LEFT, .user = user, .bans = true});
}

void
out_set_private(struct outside *o, unsigned channel, bool is_private)
{
	o->channels[channel].is_private = is_private;
	commit(o, channel,
	    &(struct out_event){.kind = EVENT_CHANNEL_UPDATED,
		.payload =
		    is_private ? "{\"isPrivate\":true}" : "{\"isPrivate\":false}"});
}

void
out_set_posting(struct outside *o, unsigned channel, bool admins_post)
{
	o->channels[channel].admins_post = admins_post;
	commit(o, channel,
	    &(struct out_event){.kind = EVENT_CHANNEL_UPDATED,
		.payload = admins_post ? "{\"postingPolicy\":\"admins\"}"
	                               : "{\"postingPolicy\":\"everyone\"}"});
}

void
out_restore(struct outside *o, unsigned channel, int64_t head)
{
	o->channels[channel].head = head;
	pub_forget_late(o);
}
