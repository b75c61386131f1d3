#include "store/message_store.h"

#include <string.h>

#include "event/envelope.h"
#include "store/reaction_store.h"
#include "store/store_private.h"

#include "core/banned.h"

/* The last column is only in the statement that reads messages of several channels. */
static const struct pg_col message_cols[] = {
    PG_COL(struct message, id, PG_INT8),
    PG_COL(struct message, sender, PG_UUID),
    PG_COL(struct message, sender_display_name, PG_TEXT),
    PG_COL(struct message, body, PG_TEXT),
    PG_COL(struct message, client_id, PG_TEXT),
    PG_COL(struct message, created_ms, PG_INT8),
    PG_COL(struct message, edited_ms, PG_INT8),
    PG_COL(struct message, deleted, PG_BOOL),
    PG_COL(struct message, deleted_ms, PG_INT8),
    PG_COL(struct message, version, PG_INT8),
    PG_COL(struct message, channel, PG_UUID),
};

#define MESSAGE_STMT(name_, sql_, n) \
	{ \
		.name = "message_" name_, .sql = sql_, .cols = message_cols, \
		.n_cols = ES_COUNT(message_cols) - 1, .n_params = (n) \
	}

/* $1 tenant. channel: an SQL expression. The row stores the sender's name as it was when
 * the message was sent. Messages of a deleted user, and rows from before the name was
 * stored, show the present name. The row looks up the sender only in these two cases,
 * because 50 look-ups take as long as the rest of a page. PostgreSQL asks once for each
 * statement whether the tenant has deleted a user: that sub-select depends on no row. The
 * look-up is a sub-select, too: with a join the planner may read all users. */
#define NAME_LOOKUP \
	"COALESCE((SELECT CASE WHEN u.deleted_at IS NULL" \
	" THEN COALESCE(m.sender_name, u.display_name) ELSE u.display_name END" \
	" FROM users u WHERE u.tenant_id = $1 AND u.id = m.sender_id)," \
	" m.sender_name, '')"
#define MESSAGES_OF(channel) \
	"SELECT m.id, m.sender_id, " \
	" CASE WHEN m.sender_name IS NULL OR (SELECT EXISTS (SELECT FROM users d" \
	" WHERE d.tenant_id = $1 AND d.deleted_at IS NOT NULL))" \
	" THEN " NAME_LOOKUP " ELSE m.sender_name END," \
	" CASE WHEN m.deleted_at IS NULL THEN m.body END, m.client_message_id," \
	" es_ms(m.created_at), es_ms(m.edited_at), m.deleted_at IS NOT NULL," \
	" es_ms(m.deleted_at), m.version" \
	" FROM messages m" \
	" WHERE m.tenant_id = $1 AND m.channel_id = " channel
#define MESSAGES MESSAGES_OF("$2")

static const struct pg_stmt below =
    MESSAGE_STMT("below", MESSAGES " AND m.id < $3 ORDER BY m.id DESC LIMIT $4", 4);
static const struct pg_stmt above =
    MESSAGE_STMT("above", MESSAGES " AND m.id > $3 ORDER BY m.id LIMIT $4", 4);
static const struct pg_stmt get = MESSAGE_STMT("get", MESSAGES " AND m.id = $3", 3);
static const struct pg_stmt by_keys =
    MESSAGE_STMT("by_keys", MESSAGES " AND m.dedupe_key = decode($3, 'hex')", 3);

static const struct pg_stmt by_ids = MESSAGE_STMT(
    "by_ids", MESSAGES " AND m.id = ANY ($3::bigint[]) ORDER BY m.id DESC", 3);
#define MESSAGES_OF_EACH MESSAGES_OF("k.id")
static const struct pg_stmt newest = {
    .name = "message_newest",
    .sql = "SELECT l.*, k.id FROM unnest($2::uuid[]) k (id), LATERAL (" MESSAGES_OF_EACH
	   " ORDER BY m.id DESC LIMIT 1) l",
    .cols = message_cols,
    .n_cols = ES_COUNT(message_cols),
    .n_params = 2,
};

struct refusal {
	const char *code;
};
static const struct pg_col refusal_cols[] = {PG_COL(struct refusal, code, PG_TEXT)};
static const struct pg_stmt refused = {
    .name = "message_refused",
    .sql = "SELECT code FROM refused_messages WHERE tenant_id = $1 AND channel_id = $2"
	   " AND dedupe_key = decode($3, 'hex') AND NOT superseded"
	   " ORDER BY created_at DESC LIMIT 1",
    .cols = refusal_cols,
    .n_cols = ES_COUNT(refusal_cols),
    .n_params = 3,
};

/* All messages of one call are in `channel`, so the statements do not return it.
 * reaction_store_add() adds the reactions. */
static bool
message_store_next(struct pg_rows *rows, const struct channel_id *channel,
    struct arena *a, struct message *out)
{
	if (!pg_next(rows, a, out))
		return false;
	out->channel = *channel;
	out->reactions = NULL;
	out->n_reactions = 0;
	return true;
}

enum es_code
message_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct message *out,
    struct es_err *err)
{
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	const char *const params[] = {
	    who->tenant.text, channel->text, pg_int(a, id), who->user.text};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = seen},
	    {.stmt = &get, .params = params},
	    {.stmt = &reaction_store_of_message, .params = params},
	};

	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (!message_store_next(&items[1].rows, channel, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_MESSAGE);
	reaction_store_add(&items[2].rows, a, out, 1);
	return ES_OK;
}

enum es_code
message_store_by_client_id(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const char *client_id, struct arena *a,
    struct message *out, enum es_code *refusal, struct es_err *err)
{
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	char key[33];
	const char *const params[] = {
	    who->tenant.text, channel->text, key, who->user.text};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = seen},
	    {.stmt = &by_keys, .params = params},
	    {.stmt = &refused, .params = params},
	    {.stmt = &reaction_store_by_key, .params = params},
	};
	struct refusal why;

	envelope_dedupe_key(&who->user, client_id, key);
	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count > 0 &&
	    message_store_next(&items[1].rows, channel, a, out)) {
		reaction_store_add(&items[3].rows, a, out, 1);
		return ES_OK;
	}
	/* The refused message is the caller's own, so that the answer is allowed even if
	 * the caller can't see the channel any more. */
	if (items[1].rows.count == 0 && pg_next(&items[2].rows, a, &why)) {
		*refusal = es_code_from_name(why.code);
		return es_fail(err, ES_GONE, "the message was refused: %s", why.code);
	}
	return es_fail(err, ES_NOT_FOUND,
	    items[0].rows.count > 0 ? STORE_NO_MESSAGE : STORE_NO_CHANNEL);
}

enum es_code
message_store_by_ids(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const int64_t ids[], size_t n, struct arena *a,
    struct message_page *out, struct es_err *err)
{
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	const char **texts = arena_alloc(a, (n + 1) * sizeof(*texts));
	const char *params[] = {who->tenant.text, channel->text, NULL, who->user.text};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = seen},
	    {.stmt = &by_ids, .params = params},
	    {.stmt = &reaction_store_by_ids, .params = params},
	};
	struct pg_rows *rows = &items[1].rows;

	for (size_t i = 0; i < n; i++)
		texts[i] = pg_int(a, ids[i]);
	params[2] = pg_array(a, texts, n);
	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	*out = (struct message_page){0};
	out->items = arena_alloc(a, (size_t)(rows->count + 1) * sizeof(*out->items));
	while (message_store_next(rows, channel, a, &out->items[out->n]))
		out->n++;
	reaction_store_add(&items[2].rows, a, out->items, out->n);
	return ES_OK;
}

enum es_code
message_store_newest(struct pg *pg, const struct actor *who,
    const struct channel_id channels[], size_t n, struct arena *a, struct message **out,
    size_t *n_out, struct es_err *err)
{
	const char **texts = arena_alloc(a, (n + 1) * sizeof(*texts));
	const char *params[] = {who->tenant.text, NULL, who->user.text};
	struct pg_batch_item items[] = {
	    {.stmt = &newest, .params = params},
	    {.stmt = &reaction_store_of_newest, .params = params},
	};

	for (size_t i = 0; i < n; i++)
		texts[i] = channels[i].text;
	params[1] = pg_array(a, texts, n);
	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	*out = arena_alloc(a, (size_t)(items[0].rows.count + 1) * sizeof(**out));
	for (*n_out = 0; pg_next(&items[0].rows, a, &(*out)[*n_out]); (*n_out)++)
		;
	reaction_store_add(&items[1].rows, a, *out, *n_out);
	return ES_OK;
}

/* Moves at most `want` messages to the page. The statement read want + 1 rows. Returns
 * whether there are more. */
static bool
message_store_move_rows(struct pg_rows *rows, const struct channel_id *channel,
    int64_t want, struct arena *a, struct message_page *out)
{
	for (int64_t i = 0;
	     i < want && message_store_next(rows, channel, a, &out->items[out->n]); i++)
		out->n++;
	return rows->count > want;
}

static void
message_store_reverse(struct message items[], size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const struct message swap = items[i];

		items[i] = items[n - 1 - i];
		items[n - 1 - i] = swap;
	}
}

/* newer has the oldest first, older has the newest first. */
static void
message_store_fill_page(struct pg_rows *newer, int64_t want_newer, struct pg_rows *older,
    int64_t want_older, const struct channel_id *channel, bool oldest_first,
    struct arena *a, struct message_page *out)
{
	const bool more_newer =
	    message_store_move_rows(newer, channel, want_newer, a, out);
	const size_t n_newer = out->n;

	if (more_newer && n_newer > 0)
		out->next_after = out->items[n_newer - 1].id;
	if (oldest_first) {
		out->more = more_newer;
		return;
	}
	message_store_reverse(out->items, n_newer);
	out->more = message_store_move_rows(older, channel, want_older, a, out);
	if (out->more && out->n > 0)
		out->next_before = out->items[out->n - 1].id;
	if (more_newer && n_newer == 0 && out->n > 0)
		out->next_after = out->items[0].id;
}

enum es_code
message_store_page(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, const struct message_query *query, struct arena *a,
    struct message_page *out, struct es_err *err)
{
	const bool around = query->where == MESSAGES_AROUND;
	const int64_t half = query->limit / 2;
	const int64_t want_newer = around ? half : query->limit;
	const int64_t want_older = around ? query->limit - half : query->limit;
	const int64_t from = query->where == MESSAGES_LATEST ? INT64_MAX
	                     : around                        ? query->id + 1
	                                                     : query->id;
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	const char *const older[] = {
	    who->tenant.text, channel->text, pg_int(a, from), pg_int(a, want_older + 1)};
	const char *const newer[] = {who->tenant.text, channel->text,
	    pg_int(a, query->id), pg_int(a, want_newer + 1)};
	const bool no_newer = query->where != MESSAGES_AFTER && !around,
		   no_older = query->where == MESSAGES_AFTER;
	const char *const range[] = {who->tenant.text, channel->text, older[2],
	    no_older ? "0" : older[3], no_newer ? older[2] : newer[2],
	    no_newer ? "0" : newer[3], who->user.text};
	struct pg_batch_item items[4] = {{.stmt = &store_visible, .params = seen},
	    {.stmt = &reaction_store_of_page, .params = range}};
	struct pg_batch_item *n = NULL, *o = NULL;
	struct pg_rows none_newer = {0}, none_older = {0};
	size_t n_items = 2;

	if (!no_newer) {
		n = &items[n_items++];
		*n = (struct pg_batch_item){.stmt = &above, .params = newer};
	}
	if (!no_older) {
		o = &items[n_items++];
		*o = (struct pg_batch_item){.stmt = &below, .params = older};
	}
	TRY(pg_batch(pg, &who->tenant, items, n_items, a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	*out = (struct message_page){0};
	out->items =
	    arena_alloc(a, (size_t)(want_newer + want_older) * sizeof(*out->items));
	message_store_fill_page(n != NULL ? &n->rows : &none_newer, want_newer,
	    o != NULL ? &o->rows : &none_older, want_older, channel,
	    query->where == MESSAGES_AFTER, a, out);
	reaction_store_add(&items[1].rows, a, out->items, out->n);
	return ES_OK;
}
