/* Read marks, unread counts, readers, and the messages that lists include, for the rig:
 * they answer rig.mark, rig.unread, rig.user and rig.message. */
#include "cunit_main.h"
#include "rig.h"
#include "store/receipt_store.h"

#include "core/banned.h"

enum es_code
read_mark_store_read(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct read_mark *out,
    struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	*out = rig.mark;
	return rig_called(
	    err, "read_mark_store_read", "%s %lld", rig_id(channel->text), (long long)id);
}

enum es_code
read_mark_store_unread(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct read_mark *out,
    struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	*out = (struct read_mark){.stands = id - 1};
	return rig_called(err, "read_mark_store_unread", "%s %lld", rig_id(channel->text),
	    (long long)id);
}

enum es_code
unread_store_list(struct pg *pg, const struct actor *who, bool all,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct unread_page *out, struct es_err *err)
{
	struct unread *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "unread_store_list", "all=%s after=%s limit=%lld",
	    rig_bool(all), after == NULL ? "-" : rig_id(after->text), (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.unread;
		rig_number(items[i].channel.text, i);
	}
	*out = (struct unread_page){.items = items, .n = rig.n_items};
	if (rig.more)
		out->next = items[rig.n_items - 1].channel;
	return ES_OK;
}

enum es_code
unread_store_of(struct pg *pg, const struct actor *who, const struct channel_id ids[],
    size_t n, struct arena *a, struct unread **out, size_t *n_out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "unread_store_of", "%s %zu", rig_id(ids[0].text), n));
	*out = &rig.unread;
	*n_out = rig.unread.last_seq > 0;
	return ES_OK;
}

enum es_code
message_store_newest(struct pg *pg, const struct actor *who,
    const struct channel_id channels[], size_t n, struct arena *a, struct message **out,
    size_t *n_out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(
	    err, "message_store_newest", "%s %zu", rig_id(channels[0].text), n));
	*out = &rig.message;
	*n_out = rig.message.id > 0;
	return ES_OK;
}

enum es_code
message_store_by_ids(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const int64_t ids[], size_t n, struct arena *a,
    struct message_page *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "message_store_by_ids", "%s n=%zu %lld..%lld",
	    rig_id(channel->text), n, (long long)ids[0], (long long)ids[n - 1]));
	*out = (struct message_page){.items = &rig.message, .n = 1};
	return ES_OK;
}

enum es_code
receipt_store_readers(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t message, int64_t members_max,
    const struct user_id *after, int64_t limit, struct arena *a, struct reader_page *out,
    struct es_err *err)
{
	struct reader *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "receipt_store_readers",
	    "%s %lld max=%lld after=%s limit=%lld", rig_id(channel->text),
	    (long long)message, (long long)members_max,
	    after == NULL ? "-" : rig_id(after->text), (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = (struct reader){rig.user.id, rig.user.display_name};
		rig_number(items[i].user.text, i);
	}
	*out = (struct reader_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}
