/* The stores of channels and of their owners, for the rig: they answer rig.channel and
 * rig.event. */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"
#include "store/dm_store.h"
#include "store/ownership_store.h"

#include "core/banned.h"

static enum es_code
fake_channel_store_answer(enum es_code rc, const struct channel_id *id,
    struct channel *out, struct event *event)
{
	if (rc != ES_OK)
		return rc;
	*out = rig.channel;
	out->id = *id;
	if (event != NULL)
		*event = rig.event;
	return ES_OK;
}

enum es_code
channel_store_create(struct pg *pg, const struct actor *who, const struct channel_new *in,
    struct arena *a, struct channel *out, struct es_err *err)
{
	const bool fresh = strcmp(in->id.text, RIG_CLAIMED) != 0;

	(void)pg, (void)a;
	rig_actor(who);
	CU_ASSERT_TRUE(uuid_valid(in->id.text));
	return fake_channel_store_answer(
	    rig_called(err, "channel_store_create",
		"%s name=%s topic=%s private=%s policy=%s max=%lld",
		fresh ? "fresh" : rig_id(in->id.text), rig_text(in->name),
		rig_text(in->topic), rig_bool(in->is_private),
		rig_text(in->posting_policy), (long long)in->user_max),
	    fresh ? &rig.channel.id : &in->id, out, NULL);
}

enum es_code
channel_store_get(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct channel *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_channel_store_answer(
	    rig_called(err, "channel_store_get", "%s", rig_id(id->text)), id, out, NULL);
}

enum es_code
channel_store_exists(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, bool *there, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "channel_store_exists", "%s", rig_id(id->text)));
	*there = rig.there;
	return ES_OK;
}

static void
fake_channel_store_page(struct arena *a, struct channel_page *out)
{
	struct channel *items = arena_alloc(a, rig.n_items * sizeof(*items));

	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.channel;
		rig_number(items[i].id.text, i);
	}
	*out = (struct channel_page){.items = items, .n = rig.n_items, .more = rig.more};
	if (rig.n_items > 0)
		out->last = items[rig.n_items - 1].id;
}

enum es_code
channel_store_list(struct pg *pg, const struct actor *who,
    const struct channel_filter *filter, const struct channel_id *after, int64_t limit,
    struct arena *a, struct channel_page *out, struct es_err *err)
{
	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "channel_store_list", "member=%s%s after=%s limit=%lld",
	    rig_bool(filter->member_only), filter->all_kinds ? " all" : "",
	    after == NULL ? "-" : rig_id(after->text), (long long)limit));
	fake_channel_store_page(a, out);
	return ES_OK;
}

enum es_code
channel_store_list_direct(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err)
{
	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "channel_store_list_direct", " after=%s limit=%lld",
	    after == NULL ? "-" : rig_id(after->text), (long long)limit));
	fake_channel_store_page(a, out);
	return ES_OK;
}

enum es_code
dm_store_open(struct pg *pg, const struct actor *who, const struct dm_new *in,
    struct arena *a, struct channel *out, bool *created, struct es_err *err)
{
	struct text ids;

	(void)pg;
	rig_actor(who);
	text_init(&ids, a, 4096);
	for (size_t i = 0; i < in->n; i++)
		text_addf(&ids, " %s", rig_id(in->people[i].text));
	*created = rig.added;
	return fake_channel_store_answer(
	    rig_called(err, "dm_store_open", "max=%lld%s", (long long)in->user_max,
		in->n > 0 ? ids.data : ""),
	    &rig.channel.id, out, NULL);
}

enum es_code
dm_store_hide(struct pg *pg, const struct actor *who, const struct channel_id *id,
    bool hide, struct arena *a, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return rig_called(
	    err, "dm_store_hide", "%s hide=%s", rig_id(id->text), rig_bool(hide));
}

enum es_code
channel_store_orphans(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err)
{
	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "channel_store_orphans", " after=%s limit=%lld",
	    after == NULL ? "-" : rig_id(after->text), (long long)limit));
	fake_channel_store_page(a, out);
	return ES_OK;
}

enum es_code
channel_store_patch(struct pg *pg, const struct actor *who, const struct channel_id *id,
    const struct channel_patch *patch, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_channel_store_answer(
	    rig_called(err, "channel_store_patch",
		"%s name=%s topic=%s private=%s policy=%s", rig_id(id->text),
		rig_text(patch->name), rig_text(patch->topic),
		patch->is_private == NULL ? "-" : rig_bool(*patch->is_private),
		rig_text(patch->posting_policy)),
	    id, out, event);
}

enum es_code
channel_store_archive(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct channel *out, struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_channel_store_answer(
	    rig_called(err, "channel_store_archive", "%s", rig_id(id->text)), id, out,
	    event);
}

enum es_code
channel_store_unarchive(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_channel_store_answer(
	    rig_called(err, "channel_store_unarchive", "%s", rig_id(id->text)), id, out,
	    event);
}

enum es_code
channel_store_delete(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "channel_store_delete", "%s", rig_id(id->text)));
	*event = rig.event;
	return ES_OK;
}

enum es_code
channel_store_join(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct channel *out, struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_channel_store_answer(
	    rig_called(err, "channel_store_join", "%s", rig_id(id->text)), id, out,
	    event);
}

enum es_code
channel_store_leave(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct event_list *events, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "channel_store_leave", "%s", rig_id(id->text)));
	*events = rig.events;
	return ES_OK;
}

enum es_code
ownership_store_take_over(struct pg *pg, const struct actor *who,
    const struct channel_id *id, struct arena *a, struct channel *out,
    struct event *event, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_channel_store_answer(
	    rig_called(err, "ownership_store_take_over", "%s", rig_id(id->text)), id, out,
	    event);
}
