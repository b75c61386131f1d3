#include "store/channel_store.h"

#include <string.h>

#include "store/feed_store.h"
#include "store/store_private.h"
#include "unicode/unicode.h"

#include "core/banned.h"

static const struct pg_col channel_cols[] = {
    PG_COL(struct channel, id, PG_UUID),
    PG_COL(struct channel, name, PG_TEXT),
    PG_COL(struct channel, topic, PG_TEXT),
    PG_COL(struct channel, is_private, PG_BOOL),
    PG_COL(struct channel, posting_policy, PG_TEXT),
    PG_COL(struct channel, kind, PG_TEXT),
    PG_COL(struct channel, created_by, PG_UUID),
    PG_COL(struct channel, created_ms, PG_INT8),
    PG_COL(struct channel, archived_ms, PG_INT8),
    PG_COL(struct channel, role, PG_TEXT),
    PG_COL(struct channel, last_message_id, PG_INT8),
    PG_COL(struct channel, seq, PG_INT8),
    PG_COL(struct channel, people, PG_TEXT),
    PG_COL(struct channel, hidden, PG_BOOL),
};

#define CHANNEL_STMT(name_, sql_, n) \
	{ \
		.name = "channel_" name_, .sql = sql_, .cols = channel_cols, \
		.n_cols = ES_COUNT(channel_cols), .n_params = (n) \
	}

/* The present names of the members of a dm or group. At most DM_PEOPLE_MAX rows. */
#define PEOPLE \
	"(SELECT jsonb_agg(jsonb_build_object('userId', d.user_id, 'displayName'," \
	" u.display_name) ORDER BY d.user_id)::text FROM channel_members d" \
	" CROSS JOIN LATERAL (SELECT u.display_name FROM users u WHERE u.tenant_id = $1" \
	" AND u.id = d.user_id LIMIT 1) u" \
	" WHERE d.tenant_id = $1 AND d.channel_id = c.id)"

/* CHANNELS: all channels of the tenant. VISIBLE: those that the user may see. $1 tenant,
 * $2 user. The row of a dm or group has a name only for older programs. */
#define CHANNELS \
	"SELECT c.id, CASE WHEN c.kind = 'channel' THEN c.name END, c.topic, " \
	"c.is_private, c.posting_policy, c.kind, " \
	"c.created_by," \
	" es_ms(c.created_at), es_ms(c.archived_at), me.role," \
	" (SELECT m.id FROM messages m WHERE m.tenant_id = $1 AND m.channel_id = c.id" \
	" ORDER BY m.id DESC LIMIT 1), h.last_seq," \
	" CASE WHEN c.kind <> 'channel' THEN " PEOPLE \
	" END, COALESCE(me.hidden_seq >= h.last_seq, false)" \
	" FROM channels c" \
	" JOIN channel_heads h ON h.tenant_id = $1 AND h.channel_id = c.id" \
	" LEFT JOIN channel_members me ON me.tenant_id = $1 AND me.channel_id = c.id" \
	" AND me.user_id = $2" \
	" WHERE c.tenant_id = $1"
#define VISIBLE CHANNELS " AND " STORE_MAY_SEE("me.user_id IS NOT NULL", "$2")

static const struct pg_stmt get = CHANNEL_STMT("get", VISIBLE " AND c.id = $3", 3);

/* One page of channel ids, and a look-up of each channel by its key. The page begins
 * after channel $3 and has $4 rows. Each branch starts in its own index at $3 and stops
 * after $4 rows. Therefore no page reads other users' private channels or the rows of
 * earlier pages. Both branches return only ids of channels that the user may see, and the
 * look-up has the same snapshot, so it does not check again. */
#define MEMBER_IDS(kinds) \
	"SELECT m.channel_id AS id FROM channel_members m WHERE m.tenant_id = $1" \
	" AND m.user_id = $2" kinds \
	" AND m.channel_id > " STORE_AFTER("$3") " ORDER BY m.channel_id LIMIT $4"
#define ALL_KINDS ""
#define NAMED     " AND NOT m.is_direct"
#define DIRECT    " AND m.is_direct"
#define PUBLIC_IDS \
	"SELECT c.id FROM channels c WHERE c.tenant_id = $1 AND NOT c.is_private" \
	" AND " STORE_MAY_SEE("false", "$2") " AND c.id > " STORE_AFTER( \
	    "$3") " ORDER BY c.id LIMIT $4"
#define PAGE_OF(ids) \
	"SELECT seen.* FROM (" ids ") page CROSS JOIN LATERAL (" CHANNELS \
	" AND c.id = page.id LIMIT 1) seen ORDER BY page.id"

#define PUBLIC_AND(ids) "(" PUBLIC_IDS ") UNION (" ids ") ORDER BY id LIMIT $4"

static const struct pg_stmt list =
    CHANNEL_STMT("list", PAGE_OF(PUBLIC_AND(MEMBER_IDS(NAMED))), 4);
static const struct pg_stmt list_all =
    CHANNEL_STMT("list_all", PAGE_OF(PUBLIC_AND(MEMBER_IDS(ALL_KINDS))), 4);
static const struct pg_stmt list_member =
    CHANNEL_STMT("list_member", PAGE_OF(MEMBER_IDS(NAMED)), 4);
static const struct pg_stmt list_member_all =
    CHANNEL_STMT("list_member_all", PAGE_OF(MEMBER_IDS(ALL_KINDS)), 4);
static const struct pg_stmt list_direct =
    CHANNEL_STMT("list_direct", PAGE_OF(MEMBER_IDS(DIRECT)), 4);

/* The sub-select stops at the first active owner of each channel. */
static const struct pg_stmt orphans = CHANNEL_STMT("orphans",
    CHANNELS " AND c.kind = 'channel' AND c.id > " STORE_AFTER(
	"$3") " AND NOT EXISTS (SELECT FROM channel_members o JOIN users u"
	      " ON u.tenant_id = $1 AND u.id = o.user_id WHERE o.tenant_id = $1"
	      " AND o.channel_id = c.id AND o.role = 'owner' AND u.status = 'active')"
	      " ORDER BY c.id LIMIT $4",
    4);

/* Counts the channel and inserts its row, head and owner, or does nothing. Returns no
 * row when the tenant has reached its limit. */
static const struct pg_stmt create = CHANNEL_STMT("create",
    "WITH room AS (UPDATE tenants SET channel_count = channel_count + 1"
    " WHERE id = $1 AND (max_channels IS NULL"
    " OR channel_count < max_channels) AND NOT EXISTS (SELECT FROM deleted_channels"
    " WHERE tenant_id = $1 AND channel_id = $3::uuid) RETURNING id),"
    " made AS (INSERT INTO channels (tenant_id, id, name, topic, is_private, created_by,"
    " name_key, posting_policy) SELECT id, $3::uuid, $4, $5, $6, $2::uuid, $7,"
    " COALESCE($8::text, 'everyone') FROM room RETURNING *),"
    " head AS (INSERT INTO channel_heads (tenant_id, channel_id)"
    " SELECT tenant_id, id FROM made),"
    " member AS (INSERT INTO channel_members (tenant_id, channel_id, user_id, role)"
    " SELECT tenant_id, id, created_by, 'owner' FROM made)"
    " SELECT id, name, topic, is_private, posting_policy, kind, created_by,"
    " es_ms(created_at),"
    " NULL::bigint, 'owner', NULL::bigint, 0::bigint, NULL::text, false FROM made",
    8);

static const struct pg_stmt exists_stmt = {
    .name = "channel_exists",
    .sql = "SELECT FROM channels WHERE tenant_id = $1 AND id = $2",
    .n_params = 2,
};

struct channel_made {
	int64_t n;
};
static const struct pg_col made_cols[] = {PG_COL(struct channel_made, n, PG_INT8)};
static const struct pg_stmt made = {
    .name = "channel_made",
    .sql = "SELECT count(*) FROM (SELECT FROM channels WHERE tenant_id = $1"
	   " AND created_by = $2 AND kind = 'channel' LIMIT $3) c",
    .cols = made_cols,
    .n_cols = ES_COUNT(made_cols),
    .n_params = 3,
};

/* Lock the tenant's row, so that only one transaction at a time counts and creates
 * channels of the tenant. */
static enum es_code
channel_store_check_user_limit(struct pg *pg, const struct actor *who, int64_t max,
    struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, who->user.text, pg_int(a, max)};
	struct channel_made mine = {0};
	struct pg_rows rows;

	if (max == 0 || actor_is_admin(who))
		return ES_OK;
	TRY(store_lock_tenant(pg, who, a, err));
	TRY(pg_run(pg, NULL, &made, params, a, &rows, err));
	if (pg_next(&rows, a, &mine) && mine.n >= max)
		return es_fail(err, ES_QUOTA_EXCEEDED,
		    "you have created %lld channels, the limit of a user",
		    (long long)max);
	return ES_OK;
}

static enum es_code
channel_store_insert(struct pg *pg, const struct actor *who, const struct channel_new *in,
    struct arena *a, struct channel *out, struct es_err *err)
{
	struct channel_id id = in->id;
	const char *const params[] = {who->tenant.text, who->user.text, id.text, in->name,
	    in->topic != NULL ? in->topic : "", pg_bool(in->is_private),
	    unicode_key(in->name, a), in->posting_policy};
	struct pg_rows rows;
	enum es_code rc;

	TRY(channel_store_check_user_limit(pg, who, in->user_max, a, err));
	if (id.text[0] == '\0')
		uuid_new(id.text);
	rc = pg_run(pg, NULL, &create, params, a, &rows, err);
	if (rc == ES_CONFLICT)
		return es_fail_field(
		    err, ES_NAME_TAKEN, "name", "another channel has this name");
	TRY(rc);
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_QUOTA_EXCEEDED,
		    "the tenant has reached its limit of channels");
	TRY(feed_store_channel_added(pg, who, &who->user, &out->id, a, &out->feed, err));
	if (out->is_private || out->feed == NULL)
		return ES_OK;
	return feed_store_tenant_channel(pg, who, &out->id, EVENT_CHANNEL_CREATED,
	    out->name, "{}", a, &out->feed->feed, err);
}

enum es_code
channel_store_create(struct pg *pg, const struct actor *who, const struct channel_new *in,
    struct arena *a, struct channel *out, struct es_err *err)
{
	if (strcmp(who->role, "guest") == 0)
		return es_fail(err, ES_FORBIDDEN, "guests may not create channels");
	TRY(pg_begin(pg, &who->tenant, err));
	return store_end(pg, channel_store_insert(pg, who, in, a, out, err), err);
}

enum es_code
channel_store_get(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, struct channel *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, who->user.text, id->text};
	struct pg_rows rows;

	TRY(pg_run(pg, &who->tenant, &get, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	return ES_OK;
}

enum es_code
channel_store_exists(struct pg *pg, const struct actor *who, const struct channel_id *id,
    struct arena *a, bool *there, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, id->text};
	struct pg_rows rows;

	TRY(pg_run(pg, &who->tenant, &exists_stmt, params, a, &rows, err));
	*there = rows.count > 0;
	return ES_OK;
}

static void
channel_store_fill_page(
    struct pg_rows *rows, int64_t limit, struct arena *a, struct channel_page *out)
{
	*out = (struct channel_page){.more = rows->count > limit};
	out->items = arena_alloc(a, (size_t)rows->count * sizeof(*out->items));
	for (int64_t i = 0; i < limit && pg_next(rows, a, &out->items[out->n]); i++) {
		out->last = out->items[out->n].id;
		if (!out->items[out->n].hidden)
			out->n++;
	}
}

static enum es_code
channel_store_run_list(struct pg *pg, const struct actor *who, const struct pg_stmt *stmt,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, who->user.text,
	    after != NULL ? after->text : NULL, pg_int(a, limit + 1)};
	struct pg_rows rows;

	TRY(pg_run(pg, &who->tenant, stmt, params, a, &rows, err));
	channel_store_fill_page(&rows, limit, a, out);
	return ES_OK;
}

enum es_code
channel_store_list(struct pg *pg, const struct actor *who,
    const struct channel_filter *filter, const struct channel_id *after, int64_t limit,
    struct arena *a, struct channel_page *out, struct es_err *err)
{
	static const struct pg_stmt *const by_filter[2][2] = {
	    {&list, &list_all}, {&list_member, &list_member_all}};

	return channel_store_run_list(pg, who,
	    by_filter[filter->member_only][filter->all_kinds], after, limit, a, out, err);
}

enum es_code
channel_store_list_direct(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err)
{
	return channel_store_run_list(pg, who, &list_direct, after, limit, a, out, err);
}

enum es_code
channel_store_orphans(struct pg *pg, const struct actor *who,
    const struct channel_id *after, int64_t limit, struct arena *a,
    struct channel_page *out, struct es_err *err)
{
	if (!actor_is_owner(who))
		return es_fail(
		    err, ES_FORBIDDEN, "only an owner of the tenant may do this");
	return channel_store_run_list(pg, who, &orphans, after, limit, a, out, err);
}
