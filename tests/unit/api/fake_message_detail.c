/* The rig's fakes of the stores behind one message: its reactions and its older texts. */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"
#include "store/message_change_store.h"
#include "store/reaction_store.h"

#include "core/banned.h"

enum es_code
reaction_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, const char *emoji,
    const struct user_id *after, int64_t limit, struct arena *a, struct reactor_page *out,
    struct es_err *err)
{
	struct reactor *items = arena_alloc(a, (rig.n_items + 1) * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "reaction_store_list", "%s %lld %s after=%s limit=%lld",
	    rig_id(channel->text), (long long)id, emoji,
	    after != NULL ? rig_id(after->text) : "-", (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] =
		    (struct reactor){.display_name = "Bob", .reacted_ms = RIG_TIME_MS};
		rig_number(items[i].user.text, i);
	}
	*out = (struct reactor_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}

enum es_code
message_change_store_revisions(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, int64_t before, int64_t limit,
    struct arena *a, struct message_revisions *out, struct es_err *err)
{
	struct message_revision *items =
	    arena_alloc(a, (rig.n_items + 1) * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "message_change_store_revisions",
	    "%s %lld before=%lld limit=%lld", rig_id(channel->text), (long long)id,
	    (long long)before, (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++)
		items[i] = (struct message_revision){.version = 9 - (int64_t)i,
		    .body = "old",
		    .replaced_by = {RIG_BOB},
		    .replaced_ms = RIG_TIME_MS};
	*out = (struct message_revisions){
	    .items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}
