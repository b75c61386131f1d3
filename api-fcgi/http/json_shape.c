#include "http/json_shape.h"

#include <string.h>

#include "core/clock.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

void
json_shape_time(struct json_write *w, const char *key, int64_t ms)
{
	char text[ES_TIME_TEXT];

	if (ms == 0) {
		jw_null(w, key);
		return;
	}
	clock_format(ms, text);
	jw_string(w, key, text);
}

void
json_shape_number(struct json_write *w, const char *key, int64_t n)
{
	if (n == 0)
		jw_null(w, key);
	else
		jw_int(w, key, n);
}

/* A negative number means no limit and is written as null. */
static void
json_shape_limit(struct json_write *w, const char *key, int64_t n)
{
	if (n < 0)
		jw_null(w, key);
	else
		jw_int(w, key, n);
}

void
json_shape_tenant(struct json_write *w, const struct tenant *t, struct arena *a)
{
	jw_string(w, "tenantId", t->id.text);
	jw_string(w, "name", t->name);
	json_shape_time(w, "createdAt", t->created_ms);
	json_shape_limit(w, "maxChannels", t->max_channels);
	json_shape_limit(w, "maxMessagesPerSecond", t->max_messages_per_second);
	jw_string(w, "status", t->status);
	tenant_settings_show(t->settings, w, "settings", a);
}

void
json_shape_user(struct json_write *w, const struct user *u, const struct actor *reader)
{
	const bool shown =
	    actor_is_admin(reader) || strcmp(reader->user.text, u->id.text) == 0;

	jw_string(w, "userId", u->id.text);
	jw_string(w, "email", shown ? u->email : NULL);
	jw_string(w, "displayName", u->display_name);
	jw_string(w, "role", u->role);
	jw_string(w, "status", u->status);
	jw_string(w, "externalId", shown ? u->external_id : NULL);
	if (shown)
		jw_bool(w, "readReceipts", u->read_receipts);
	else
		jw_null(w, "readReceipts");
	json_shape_time(w, "createdAt", u->created_ms);
}

void
json_shape_channel(struct json_write *w, const struct channel *c)
{
	jw_string(w, "channelId", c->id.text);
	jw_string(w, "name", c->name);
	jw_string(w, "topic", c->topic);
	jw_bool(w, "isPrivate", c->is_private);
	jw_string(w, "postingPolicy", c->posting_policy);
	jw_string(w, "kind", c->kind);
	jw_string(w, "createdBy", c->created_by.text);
	json_shape_time(w, "createdAt", c->created_ms);
	json_shape_time(w, "archivedAt", c->archived_ms);
	jw_string(w, "role", c->role);
	json_shape_number(w, "lastMessageId", c->last_message_id);
	jw_int(w, "seq", c->seq);
	if (c->people != NULL)
		jw_raw(w, "members", c->people);
}

void
json_shape_ban(struct json_write *w, const struct ban *b)
{
	jw_string(w, "userId", b->user.text);
	jw_string(w, "displayName", b->display_name);
	jw_string(w, "bannedBy", b->banned_by.text);
	json_shape_time(w, "bannedAt", b->banned_ms);
}

void
json_shape_member(struct json_write *w, const struct member *m)
{
	jw_string(w, "userId", m->user.text);
	jw_string(w, "displayName", m->display_name);
	jw_string(w, "status", m->status);
	jw_string(w, "role", m->role);
	json_shape_time(w, "joinedAt", m->joined_ms);
	json_shape_number(w, "lastReadMessageId", m->last_read_message_id);
}

static void
json_shape_reactions(struct json_write *w, const struct message *m)
{
	jw_array(w, "reactions");
	for (size_t i = 0; i < m->n_reactions; i++) {
		jw_object(w, NULL);
		jw_string(w, "emoji", m->reactions[i].emoji);
		jw_int(w, "count", m->reactions[i].count);
		jw_bool(w, "me", m->reactions[i].me);
		jw_object_end(w);
	}
	jw_array_end(w);
}

void
json_shape_unread(struct json_write *w, const struct unread *u)
{
	json_shape_number(w, "lastReadMessageId", u != NULL ? u->last_read_seq : 0);
	if (u == NULL) {
		jw_null(w, "unread");
		jw_null(w, "unreadCapped");
		return;
	}
	jw_int(w, "unread", u->unread);
	jw_bool(w, "unreadCapped", u->capped);
}

void
json_shape_message(struct json_write *w, const struct message *m)
{
	jw_int(w, "messageId", m->id);
	jw_string(w, "channelId", m->channel.text);
	jw_string(w, "userId", m->sender.text);
	jw_string(w, "senderDisplayName", m->sender_display_name);
	jw_string(w, "body", m->deleted ? NULL : m->body);
	json_shape_time(w, "createdAt", m->created_ms);
	jw_int(w, "seq", m->id);
	jw_int(w, "prev", m->id - 1); /* numbers are dense in a channel */
	jw_string(w, "clientMessageId", m->client_id);
	json_shape_time(w, "editedAt", m->edited_ms);
	jw_bool(w, "deleted", m->deleted);
	json_shape_time(w, "deletedAt", m->deleted_ms);
	jw_int(w, "version", m->version);
	json_shape_reactions(w, m);
}
