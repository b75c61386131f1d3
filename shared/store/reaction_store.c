#include "store/reaction_store.h"

#include <string.h>

#include "store/store_private.h"

#include "core/banned.h"

/* The users of one emoji of a message; count 0: the reader is one of them. */
struct reaction_row {
	int64_t message_id, count, first_seq;
	const char *emoji;
	struct channel_id channel; /* "": all rows are of one channel */
};

static const struct pg_col reaction_cols[] = {
    PG_COL(struct reaction_row, message_id, PG_INT8),
    PG_COL(struct reaction_row, emoji, PG_TEXT),
    PG_COL(struct reaction_row, count, PG_INT8),
    PG_COL(struct reaction_row, first_seq, PG_INT8), /* only orders the rows */
    PG_COL(struct reaction_row, channel, PG_UUID),   /* only of_newest */
};

/* The reactions of the messages from `low` to `high`: one range scan of the counts, and
 * one of the reader's own reactions, which come after the counts of their message.
 * Whether the reader is among the users of each count would be a look-up for each. */
#define REACTIONS(low, high, reader) \
	"WITH b AS MATERIALIZED (SELECT " low " AS low, " high " AS high)" \
	" SELECT c.message_id, c.emoji, c.count, c.first_seq FROM reaction_counts c" \
	" WHERE c.tenant_id = $1 AND c.channel_id = $2" \
	" AND c.message_id >= (SELECT low FROM b)" \
	" AND c.message_id <= (SELECT high FROM b)" \
	" UNION ALL SELECT r.message_id, r.emoji, NULL, NULL FROM reactions r" \
	" WHERE r.tenant_id = $1 AND r.channel_id = $2 AND r.user_id = " reader \
	" AND r.message_id >= (SELECT low FROM b)" \
	" AND r.message_id <= (SELECT high FROM b)" \
	" ORDER BY 1, 4, 2"

#define REACTION_STMT(name_, sql_, n) \
	{ \
		.name = "reaction_" name_, .sql = sql_, .cols = reaction_cols, \
		.n_cols = ES_COUNT(reaction_cols) - 1, .n_params = (n) \
	}

const struct pg_stmt reaction_store_of_message =
    REACTION_STMT("of_message", REACTIONS("$3::bigint", "$3::bigint", "$4"), 4);
#define BY_KEY \
	"(SELECT m.id FROM messages m WHERE m.tenant_id = $1 AND m.channel_id = $2" \
	" AND m.dedupe_key = decode($3, 'hex'))"
const struct pg_stmt reaction_store_by_key =
    REACTION_STMT("by_key", REACTIONS(BY_KEY, BY_KEY, "$4"), 4);
/* The sub-selects find the first and the last message of the page from the keys alone. */
#define PAGE_LOW \
	"(SELECT COALESCE(min(p.id), $3) FROM (SELECT m.id FROM messages m" \
	" WHERE m.tenant_id = $1 AND m.channel_id = $2 AND m.id < $3" \
	" ORDER BY m.id DESC LIMIT $4) p)"
#define PAGE_HIGH \
	"(SELECT COALESCE(max(p.id), $5) FROM (SELECT m.id FROM messages m" \
	" WHERE m.tenant_id = $1 AND m.channel_id = $2 AND m.id > $5" \
	" ORDER BY m.id LIMIT $6) p)"
const struct pg_stmt reaction_store_of_page =
    REACTION_STMT("of_page", REACTIONS(PAGE_LOW, PAGE_HIGH, "$7"), 7);

const struct pg_stmt reaction_store_by_ids = REACTION_STMT("by_ids",
    "SELECT c.message_id, c.emoji, c.count, c.first_seq FROM reaction_counts c"
    " WHERE c.tenant_id = $1 AND c.channel_id = $2 AND c.message_id = ANY ($3::bigint[])"
    " UNION ALL SELECT r.message_id, r.emoji, NULL, NULL FROM reactions r"
    " WHERE r.tenant_id = $1 AND r.channel_id = $2 AND r.user_id = $4"
    " AND r.message_id = ANY ($3::bigint[]) ORDER BY 1, 4, 2",
    4);
const struct pg_stmt reaction_store_of_newest = {
    .name = "reaction_of_newest",
    .sql =
	"SELECT x.* FROM unnest($2::uuid[]) k (id), LATERAL (SELECT m.id FROM messages m"
	" WHERE m.tenant_id = $1 AND m.channel_id = k.id ORDER BY m.id DESC LIMIT 1) l,"
	" LATERAL (SELECT c.message_id, c.emoji, c.count, c.first_seq, c.channel_id"
	" FROM reaction_counts c WHERE c.tenant_id = $1 AND c.channel_id = k.id"
	" AND c.message_id = l.id"
	" UNION ALL SELECT r.message_id, r.emoji, NULL, NULL, r.channel_id"
	" FROM reactions r WHERE r.tenant_id = $1 AND r.channel_id = k.id"
	" AND r.user_id = $3 AND r.message_id = l.id) x"
	" ORDER BY x.channel_id, x.first_seq, x.emoji",
    .cols = reaction_cols,
    .n_cols = ES_COUNT(reaction_cols),
    .n_params = 3,
};

static struct message *
reaction_store_find_channel(
    struct message messages[], size_t n, const struct channel_id *channel)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(messages[i].channel.text, channel->text) == 0)
			return &messages[i];
	return NULL;
}

static struct message *
reaction_store_find(struct message messages[], size_t n, int64_t id)
{
	const bool falling = n > 1 && messages[0].id > messages[n - 1].id;
	size_t from = 0, to = n;

	while (from < to) {
		const size_t at = from + (to - from) / 2;

		if (messages[at].id == id)
			return &messages[at];
		if ((messages[at].id < id) != falling)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

static bool
reaction_store_is_of(const struct message *m, const struct reaction_row *row)
{
	return m->id == row->message_id &&
	       (row->channel.text[0] == '\0' ||
		   strcmp(m->channel.text, row->channel.text) == 0);
}

static void
reaction_store_mark_own(struct message *of, const char *emoji)
{
	for (size_t i = 0; i < of->n_reactions; i++)
		if (strcmp(of->reactions[i].emoji, emoji) == 0)
			of->reactions[i].me = true;
}

void
reaction_store_add(
    struct pg_rows *rows, struct arena *a, struct message messages[], size_t n)
{
	const size_t count = (size_t)rows->count;
	struct message_reaction *all = arena_alloc(a, (count + 1) * sizeof(*all));
	struct message *of = NULL;
	struct reaction_row row = {0};
	size_t used = 0;

	while (pg_next(rows, a, &row)) {
		if (of == NULL || !reaction_store_is_of(of, &row))
			of = row.channel.text[0] != '\0'
			         ? reaction_store_find_channel(messages, n, &row.channel)
			         : reaction_store_find(messages, n, row.message_id);
		if (of != NULL && row.count == 0)
			reaction_store_mark_own(of, row.emoji);
		if (of == NULL || row.count == 0 ||
		    of->n_reactions == MESSAGE_REACTIONS_MAX)
			continue;
		if (of->n_reactions == 0)
			of->reactions = &all[used];
		all[used++] =
		    (struct message_reaction){.emoji = row.emoji, .count = row.count};
		of->n_reactions++;
	}
}

static const struct pg_stmt exists = {
    .name = "reaction_message",
    .sql = "SELECT FROM messages m WHERE m.tenant_id = $1 AND m.channel_id = $2"
	   " AND m.id = $3",
    .n_params = 3,
};

static const struct pg_col reactor_cols[] = {
    PG_COL(struct reactor, user, PG_UUID),
    PG_COL(struct reactor, display_name, PG_TEXT),
    PG_COL(struct reactor, reacted_ms, PG_INT8),
};

static const struct pg_stmt users = {
    .name = "reaction_users",
    .sql = "SELECT r.user_id, COALESCE((SELECT u.display_name FROM users u"
	   " WHERE u.tenant_id = $1 AND u.id = r.user_id), ''), es_ms(r.created_at)"
	   " FROM reactions r WHERE r.tenant_id = $1 AND r.channel_id = $2"
	   " AND r.message_id = $3 AND r.emoji = $4"
	   " AND r.user_id > " STORE_AFTER("$5") " ORDER BY r.user_id LIMIT $6",
    .cols = reactor_cols,
    .n_cols = ES_COUNT(reactor_cols),
    .n_params = 6,
};

enum es_code
reaction_store_list(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, const char *emoji,
    const struct user_id *after, int64_t limit, struct arena *a, struct reactor_page *out,
    struct es_err *err)
{
	const char *const seen[] = {who->tenant.text, channel->text, who->user.text};
	const char *const params[] = {who->tenant.text, channel->text, pg_int(a, id),
	    emoji, after != NULL ? after->text : NULL, pg_int(a, limit + 1)};
	struct pg_batch_item items[] = {
	    {.stmt = &store_visible, .params = seen},
	    {.stmt = &exists, .params = params},
	    {.stmt = &users, .params = params},
	};

	TRY(pg_batch(pg, &who->tenant, items, ES_COUNT(items), a, err));
	if (items[0].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	if (items[1].rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_MESSAGE);
	*out = (struct reactor_page){.more = items[2].rows.count > limit};
	out->items = arena_alloc(a, (size_t)limit * sizeof(*out->items));
	for (int64_t i = 0; i < limit && pg_next(&items[2].rows, a, &out->items[out->n]);
	     i++)
		out->n++;
	return ES_OK;
}
