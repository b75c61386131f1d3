/* The stores of members, bans and messages, for the rig: they answer rig.member, rig.ban
 * and rig.message. */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

enum es_code
member_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *after, int64_t limit,
    struct arena *a, struct member_page *out, struct es_err *err)
{
	struct member *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "member_store_list", "%s after=%s limit=%lld",
	    rig_id(channel->text), after == NULL ? "-" : rig_id(after->text),
	    (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.member;
		rig_number(items[i].user.text, i);
	}
	*out = (struct member_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}

enum es_code
member_store_put(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, const char *role, struct arena *a, struct member *out,
    bool *added, struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "member_store_put", "%s %s role=%s", rig_id(channel->text),
	    rig_id(user->text), rig_text(role)));
	*out = rig.member;
	*added = rig.added;
	*event = rig.event;
	return ES_OK;
}

enum es_code
member_store_remove(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct user_id *user, struct arena *a,
    struct event_list *events, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "member_store_remove", "%s %s", rig_id(channel->text),
	    rig_id(user->text)));
	*events = rig.events;
	return ES_OK;
}

enum es_code
member_store_ban(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, struct event_list *events,
    struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(
	    err, "member_store_ban", "%s %s", rig_id(channel->text), rig_id(user->text)));
	*events = rig.events;
	return ES_OK;
}

enum es_code
ban_store_list(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *after, int64_t limit, struct arena *a, struct ban_page *out,
    struct es_err *err)
{
	struct ban *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "ban_store_list", "%s after=%s limit=%lld",
	    rig_id(channel->text), after == NULL ? "-" : rig_id(after->text),
	    (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.ban;
		rig_number(items[i].user.text, i);
	}
	*out = (struct ban_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}

enum es_code
ban_store_lift(struct pg *pg, const struct actor *who, const struct channel_id *channel,
    const struct user_id *user, struct arena *a, bool *lifted, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(
	    err, "ban_store_lift", "%s %s", rig_id(channel->text), rig_id(user->text)));
	*lifted = rig.lifted;
	return ES_OK;
}

enum es_code
message_store_page(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct message_query *query, struct arena *a,
    struct message_page *out, struct es_err *err)
{
	static const char *const where[] = {
	    [MESSAGES_LATEST] = "latest",
	    [MESSAGES_BEFORE] = "before",
	    [MESSAGES_AFTER] = "after",
	    [MESSAGES_AROUND] = "around",
	};

	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "message_store_page", "%s %s %lld limit=%lld",
	    rig_id(channel->text), where[query->where], (long long)query->id,
	    (long long)query->limit));
	*out = rig.messages;
	out->items = &rig.message;
	out->n = rig.n_items;
	return ES_OK;
}

enum es_code
message_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct message *out,
    struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(
	    err, "message_store_get", "%s %lld", rig_id(channel->text), (long long)id));
	*out = rig.message;
	return ES_OK;
}

/* When this fake returns ES_GONE, it sets *refusal to rig.refusal. */
enum es_code
message_store_by_client_id(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const char *client_id, struct arena *a,
    struct message *out, enum es_code *refusal, struct es_err *err)
{
	enum es_code rc;

	(void)pg, (void)a;
	rig_actor(who);
	rc = rig_called(
	    err, "message_store_by_client_id", "%s %s", rig_id(channel->text), client_id);
	if (rc == ES_GONE)
		*refusal = rig.refusal;
	if (rc == ES_OK)
		*out = rig.message;
	return rc;
}
