#include "store/dm_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/feed_store.h"
#include "store/store_private.h"

#include "core/banned.h"

/* The name in the rows of dms and groups. Only programs older than migration
 * 20261129152000 show it. */
#define OLD_NAME "Direct message"

struct found {
	struct channel_id id;
};
static const struct pg_col found_cols[] = {PG_COL(struct found, id, PG_UUID)};

/* Finds the channel by its people, and shows it to the caller again. */
static const struct pg_stmt find = {
    .name = "dm_find",
    .sql = "WITH found AS MATERIALIZED (SELECT id FROM channels"
	   " WHERE tenant_id = $1 AND dm_key = $2), shown AS ("
	   "UPDATE channel_members SET hidden_seq = NULL WHERE tenant_id = $1"
	   " AND channel_id = (SELECT id FROM found) AND user_id = $3"
	   " AND hidden_seq IS NOT NULL) SELECT id FROM found",
    .cols = found_cols,
    .n_cols = ES_COUNT(found_cols),
    .n_params = 3,
};

struct person {
	const char *id, *status;
};
static const struct pg_col person_cols[] = {
    PG_COL(struct person, id, PG_TEXT),
    PG_COL(struct person, status, PG_TEXT),
};

/* The people who can't be in a new channel: unknown (no status) or not active. */
static const struct pg_stmt absent = {
    .name = "dm_absent",
    .sql = "SELECT w.id, u.status FROM string_to_table($2, ' ') w(id)"
	   " LEFT JOIN LATERAL (SELECT CASE WHEN u.deleted_at IS NULL THEN u.status END"
	   " AS status FROM users u WHERE u.tenant_id = $1 AND u.id = w.id::uuid LIMIT 1)"
	   " u ON true WHERE u.status IS DISTINCT FROM 'active' ORDER BY w.id LIMIT 1",
    .cols = person_cols,
    .n_cols = ES_COUNT(person_cols),
    .n_params = 2,
};

/* The people with whom the user shares no channel of kind "channel". Rows of
 * channel_members may be those of a deleted channel. The order makes PostgreSQL walk the
 * user's channels by an index. */
static const struct pg_stmt strange = {
    .name = "dm_strange",
    .sql = "SELECT w.id, NULL FROM string_to_table($2, ' ') w(id)"
	   " WHERE w.id::uuid <> $3 AND (SELECT mine.channel_id FROM channel_members mine"
	   " CROSS JOIN LATERAL (SELECT FROM channel_members other, channels c"
	   " WHERE other.tenant_id = $1 AND other.channel_id = mine.channel_id"
	   " AND other.user_id = w.id::uuid AND c.tenant_id = $1"
	   " AND c.id = mine.channel_id LIMIT 1) shared"
	   " WHERE mine.tenant_id = $1 AND mine.user_id = $3 AND NOT mine.is_direct"
	   " ORDER BY mine.channel_id LIMIT 1) IS NULL ORDER BY w.id LIMIT 1",
    .cols = person_cols,
    .n_cols = ES_COUNT(person_cols),
    .n_params = 3,
};

/* Lets only one transaction at a time count and open channels of the user. */
static const struct pg_stmt lock_opener = {
    .name = "dm_lock_opener",
    .sql = "SELECT FROM users WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE",
    .n_params = 2,
};

struct opened {
	int64_t n;
};
static const struct pg_col opened_cols[] = {PG_COL(struct opened, n, PG_INT8)};
static const struct pg_stmt opened = {
    .name = "dm_opened",
    .sql = "SELECT count(*) FROM (SELECT FROM channels WHERE tenant_id = $1"
	   " AND created_by = $2 AND kind IN ('dm', 'group') LIMIT $3) c",
    .cols = opened_cols,
    .n_cols = ES_COUNT(opened_cols),
    .n_params = 3,
};

/* Inserts the channel with its head and members. Returns no row when another transaction
 * has inserted a channel of the same people. */
static const struct pg_stmt create = {
    .name = "dm_create",
    .sql = "WITH made AS (INSERT INTO channels (tenant_id, id, name, name_key, kind,"
	   " is_private, created_by, dm_key) VALUES ($1, $2, '" OLD_NAME "', '" OLD_NAME
	   "', $3, true, $4, $5) ON CONFLICT (tenant_id, dm_key)"
	   " WHERE dm_key IS NOT NULL DO NOTHING RETURNING tenant_id, id),"
	   " head AS (INSERT INTO channel_heads (tenant_id, channel_id)"
	   " SELECT tenant_id, id FROM made),"
	   " members AS (INSERT INTO channel_members (tenant_id, channel_id, user_id,"
	   " is_direct) SELECT made.tenant_id, made.id, w.id::uuid, true"
	   " FROM made, string_to_table($5, ' ') w(id)) SELECT id FROM made",
    .cols = found_cols,
    .n_cols = ES_COUNT(found_cols),
    .n_params = 5,
};

static const struct pg_stmt hide_stmt = {
    .name = "dm_hide",
    .sql = "UPDATE channel_members m SET hidden_seq = CASE WHEN $4 THEN h.last_seq END"
	   " FROM channel_heads h WHERE m.tenant_id = $1 AND m.channel_id = $2"
	   " AND m.user_id = $3 AND m.is_direct AND h.tenant_id = $1"
	   " AND h.channel_id = $2 RETURNING m.channel_id",
    .cols = found_cols,
    .n_cols = ES_COUNT(found_cols),
    .n_params = 4,
};

/* The people of a channel. */
struct people {
	const char *key; /* the ids in ascending order, separated by blanks */
	size_t n;
};

static int
dm_store_compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct user_id *)a)->text, ((const struct user_id *)b)->text);
}

/* Sorts the ids and the caller's, without repeats. */
static enum es_code
dm_store_people(const struct actor *who, const struct dm_new *in, struct arena *a,
    struct people *out, struct es_err *err)
{
	struct user_id *ids = arena_alloc(a, (in->n + 1) * sizeof(*ids));
	struct text key;

	if (in->n > 0)
		memcpy(ids, in->people, in->n * sizeof(*ids));
	ids[in->n] = who->user;
	qsort(ids, in->n + 1, sizeof(*ids), dm_store_compare);
	text_init(&key, a, (in->n + 1) * ES_UUID_TEXT);
	*out = (struct people){0};
	for (size_t i = 0; i <= in->n; i++) {
		if (i > 0 && strcmp(ids[i].text, ids[i - 1].text) == 0)
			continue;
		if (out->n++ > 0)
			text_add(&key, " ", 1);
		text_add(&key, ids[i].text, strlen(ids[i].text));
	}
	out->key = key.data;
	if (out->n > DM_PEOPLE_MAX)
		return es_fail_field(err, ES_INVALID, "userIds",
		    "names %zu people, you included; at most %d", out->n, DM_PEOPLE_MAX);
	return ES_OK;
}

static enum es_code
dm_store_check_people(struct pg *pg, const struct actor *who, const struct people *people,
    struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, people->key, who->user.text};
	struct person person;
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &absent, params, a, &rows, err));
	if (pg_next(&rows, a, &person))
		return es_fail_field(err, ES_INVALID, "userIds",
		    person.status == NULL ? "no user has the id %s"
					  : "the user %s is deactivated",
		    person.id);
	if (strcmp(who->role, "guest") != 0)
		return ES_OK;
	TRY(pg_run(pg, NULL, &strange, params, a, &rows, err));
	if (pg_next(&rows, a, &person))
		return es_fail_field(err, ES_FORBIDDEN, "userIds",
		    "a guest may write only to members of a channel of the guest, and "
		    "the "
		    "user %s is in none",
		    person.id);
	return ES_OK;
}

static enum es_code
dm_store_check_user_limit(struct pg *pg, const struct actor *who, int64_t max,
    struct arena *a, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, who->user.text, pg_int(a, max)};
	struct opened mine = {0};
	struct pg_rows rows;

	if (max == 0 || actor_is_admin(who))
		return ES_OK;
	TRY(pg_run(pg, NULL, &lock_opener, params, a, &rows, err));
	TRY(pg_run(pg, NULL, &opened, params, a, &rows, err));
	if (pg_next(&rows, a, &mine) && mine.n >= max)
		return es_fail(err, ES_QUOTA_EXCEEDED,
		    "you have opened %lld direct messages and groups, the limit of a "
		    "user",
		    (long long)max);
	return ES_OK;
}

/* Creates the channel. *created is false when another transaction has created the channel
 * meanwhile. *feed: the events for its people. */
static enum es_code
dm_store_create(struct pg *pg, const struct actor *who, const struct dm_new *in,
    const struct people *people, struct arena *a, struct channel_id *id, bool *created,
    struct event **feed, struct es_err *err)
{
	char fresh[ES_UUID_TEXT];
	const char *const params[] = {who->tenant.text, fresh,
	    people->n > 2 ? "group" : "dm", who->user.text, people->key};
	struct pg_rows rows;

	uuid_new(fresh);
	TRY(dm_store_check_people(pg, who, people, a, err));
	TRY(dm_store_check_user_limit(pg, who, in->user_max, a, err));
	TRY(pg_run(pg, NULL, &create, params, a, &rows, err));
	*created = pg_next(&rows, a, id);
	if (!*created)
		return ES_OK;
	return feed_store_dm_opened(pg, who, people->key, id, a, feed, err);
}

static enum es_code
dm_store_find(struct pg *pg, const struct actor *who, const struct people *people,
    struct arena *a, struct channel_id *id, bool *found, struct es_err *err)
{
	const char *const params[] = {who->tenant.text, people->key, who->user.text};
	struct pg_rows rows;

	TRY(pg_run(pg, &who->tenant, &find, params, a, &rows, err));
	*found = pg_next(&rows, a, id);
	return ES_OK;
}

enum es_code
dm_store_open(struct pg *pg, const struct actor *who, const struct dm_new *in,
    struct arena *a, struct channel *out, bool *created, struct es_err *err)
{
	struct channel_id id;
	struct people people;
	struct event *feed = NULL;
	bool found = false;

	*created = false;
	TRY(dm_store_people(who, in, a, &people, err));
	TRY(dm_store_find(pg, who, &people, a, &id, &found, err));
	if (!found) {
		TRY(pg_begin(pg, &who->tenant, err));
		TRY(store_end(pg,
		    dm_store_create(pg, who, in, &people, a, &id, created, &feed, err),
		    err));
		if (!*created)
			TRY(dm_store_find(pg, who, &people, a, &id, &found, err));
	}
	if (!found && !*created)
		return es_fail(err, ES_UNAVAILABLE,
		    "the channel was deleted at the same moment; try again");
	out->feed = feed;
	return channel_store_get(pg, who, &id, a, out, err);
}

enum es_code
dm_store_hide(struct pg *pg, const struct actor *who, const struct channel_id *id,
    bool hide, struct arena *a, struct es_err *err)
{
	const char *const params[] = {
	    who->tenant.text, id->text, who->user.text, pg_bool(hide)};
	struct pg_rows rows;

	TRY(pg_run(pg, &who->tenant, &hide_stmt, params, a, &rows, err));
	if (rows.count == 0)
		return es_fail(err, ES_NOT_FOUND, STORE_NO_CHANNEL);
	return ES_OK;
}
