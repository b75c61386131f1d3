/* Sends the questions of the hub and of presence to PostgreSQL and Redis, over the
 * connections of the worker. */
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "frames/flood.h"
#include "pg/pg_async.h"
#include "redis/redis_async.h"
#include "who/revalidate.h"
#include "worker/hub_loop_private.h"
#include "worker/replay.h"

#include "core/banned.h"

#define ASK_MS  5000 /* deadline of a question, in ms */
#define PAGE_MS 10000

/* A Redis command under way. It counts as a question, so that the hub lives until the
 * answer. */
struct command {
	struct hub_loop *hl;
	redis_async_done *done;
	void *arg;
};

static void
hub_loop_io_topic(void *ctx, const char *topic, bool wanted)
{
	struct hub_loop *hl = ctx;

	if (hl->closed)
		return;
	if (wanted)
		redis_topics_add(hl->worker->topics, topic);
	else
		redis_topics_remove(hl->worker->topics, topic);
}

static void
hub_loop_io_publish(void *ctx, const char *topic, const char *data, size_t len)
{
	struct hub_loop *hl = ctx;
	const struct redis_arg argv[] = {
	    {"PUBLISH", 7}, {topic, strlen(topic)}, {data, len}};
	struct es_err err;

	if (!hl->closed) /* lossy, so no answer is awaited */
		IGNORE(redis_async_cmd(hl->worker->redis, NULL, NULL, &err, 3, argv));
}

/* A question was sent: count it. Returns true, the result of the functions that ask. */
static bool
hub_loop_io_begun(struct hub_loop *hl, enum push_metric which)
{
	metrics_add(hl->worker->env.metrics, which, 1);
	hub_loop_begin(hl);
	return true;
}

static void
hub_loop_io_on_authorised(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *a, const struct es_err *err)
{
	struct authorise_ask *ask = ctx;
	struct hub_loop *hl = hub_io_ctx(ask->hub);
	struct rights_row *found = arena_alloc(a, ask->n * sizeof(*found));
	size_t n = 0;

	while (rc == ES_OK && n < ask->n && pg_next(rows, a, &found[n]))
		n++;
	ask->done(ask, rc, found, n, err);
	hub_loop_end(hl);
}

static bool
hub_loop_io_authorise(void *ctx, struct authorise_ask *ask)
{
	struct hub_loop *hl = ctx;
	struct arena *a = arena_new();
	struct rights_key *rights = arena_alloc(a, ask->n * sizeof(*rights));
	struct es_err err;
	enum es_code rc;

	for (size_t i = 0; i < ask->n; i++)
		rights[i] = ask->items[i].right;
	rc = hl->closed ? ES_UNAVAILABLE
	                : pg_async_send(hl->worker->pg, NULL, &reader_store_rights,
			      reader_store_rights_params(a, rights, ask->n), ASK_MS,
			      hub_loop_io_on_authorised, ask, &err);
	arena_free(&a);
	return rc == ES_OK && hub_loop_io_begun(hl, PM_QUERIES_RIGHTS);
}

/* Context of a page query: page_ask itself has no pointer to the hub_loop. */
struct page_query {
	struct hub_loop *hl;
	struct page_ask *ask;
};

static void
hub_loop_io_on_page(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *dberr)
{
	struct page_query *query = ctx;
	struct hub_loop *hl = query->hl;
	struct page_ask *ask = query->ask;
	struct event_page page = {0};
	struct es_err err;

	(void)dberr;
	free(query);
	if (rc == ES_OK)
		rc = reader_store_page_read(rows, &ask->tenant, &ask->channel, ask->after,
		    ask->to, ask->limit, a, &page, &err);
	ask->done(ask, rc, &page);
	hub_loop_end(hl);
}

static bool
hub_loop_io_page(void *ctx, struct page_ask *ask)
{
	struct hub_loop *hl = ctx;
	struct page_query *query = mem_new(1, sizeof(*query));
	struct arena *a = arena_new();
	struct es_err err;
	enum es_code rc;

	*query = (struct page_query){hl, ask};
	rc = hl->closed ? ES_UNAVAILABLE
	                : pg_async_send(replay_pipeline(hl->worker->replay), &ask->tenant,
			      &reader_store_page,
			      reader_store_page_params(a, &ask->tenant, &ask->channel,
				  ask->after, ask->to, ask->limit),
			      PAGE_MS, hub_loop_io_on_page, query, &err);
	arena_free(&a);
	if (rc != ES_OK) {
		free(query);
		return false;
	}
	return hub_loop_io_begun(hl, PM_QUERIES_PAGES);
}

static void
hub_loop_io_on_heads(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct heads_ask *ask = ctx;
	struct hub_loop *hl = hub_io_ctx(ask->hub);
	int64_t heads[HEADS_MAX];
	struct head_row row;

	(void)err;
	for (size_t i = 0; i < ask->n; i++)
		heads[i] = -1;
	while (rc == ES_OK && pg_next(rows, a, &row))
		if (row.exists && row.ord >= 0 && (size_t)row.ord < ask->n)
			heads[row.ord] = row.head;
	ask->done(ask, rc, heads);
	hub_loop_end(hl);
}

static bool
hub_loop_io_heads(void *ctx, struct heads_ask *ask)
{
	struct hub_loop *hl = ctx;
	struct arena *a = arena_new();
	struct es_err err;
	enum es_code rc;

	rc = hl->closed
	         ? ES_UNAVAILABLE
	         : pg_async_send(hl->worker->pg, NULL, &reader_store_heads,
		       reader_store_heads_params(a, ask->tenants, ask->channels, ask->n),
		       ASK_MS, hub_loop_io_on_heads, ask, &err);
	arena_free(&a);
	return rc == ES_OK && hub_loop_io_begun(hl, PM_QUERIES_HEADS);
}

static void
hub_loop_io_on_acl(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct acl_ask *ask = ctx;
	struct hub_loop *hl = hub_io_ctx(ask->hub);
	int64_t *versions = arena_alloc(a, ask->n * sizeof(*versions));
	struct acl_row row;

	(void)err;
	for (size_t i = 0; i < ask->n; i++)
		versions[i] = -1;
	while (rc == ES_OK && pg_next(rows, a, &row))
		if (row.exists && row.ord >= 0 && (size_t)row.ord < ask->n)
			versions[row.ord] = row.acl_version;
	ask->done(ask, rc, versions);
	hub_loop_end(hl);
}

static bool
hub_loop_io_acl(void *ctx, struct acl_ask *ask)
{
	struct hub_loop *hl = ctx;
	struct arena *a = arena_new();
	struct es_err err;
	enum es_code rc;

	rc = hl->closed ? ES_UNAVAILABLE
	                : pg_async_send(hl->worker->pg, NULL, &reader_store_acl,
			      reader_store_acl_params(a, ask->tenants, ask->n), ASK_MS,
			      hub_loop_io_on_acl, ask, &err);
	arena_free(&a);
	return rc == ES_OK && hub_loop_io_begun(hl, PM_QUERIES_VERSIONS);
}

static void
hub_loop_io_on_command(
    void *ctx, enum es_code rc, const struct redis_value *value, const struct es_err *err)
{
	struct command *cmd = ctx;
	struct hub_loop *hl = cmd->hl;

	if (cmd->done != NULL)
		cmd->done(cmd->arg, rc, value, err);
	free(cmd);
	hub_loop_end(hl);
}

static bool
hub_loop_io_redis(void *ctx, struct redis_script *script, size_t argc,
    const struct redis_arg argv[], redis_async_done *done, void *arg)
{
	struct hub_loop *hl = ctx;
	struct command *cmd;
	struct es_err err;
	enum es_code rc;

	if (hl->closed)
		return false;
	cmd = mem_new(1, sizeof(*cmd));
	*cmd = (struct command){hl, done, arg};
	rc = script == NULL ? redis_async_cmd(hl->worker->redis, hub_loop_io_on_command,
				  cmd, &err, argc, argv)
	                    : redis_async_eval(hl->worker->redis, script,
				  hub_loop_io_on_command, cmd, &err, 0, argc, argv);
	if (rc != ES_OK) {
		free(cmd);
		return false;
	}
	hub_loop_begin(hl);
	return true;
}

static void
hub_loop_io_revalidate(void *ctx, const struct tenant_id *tenant)
{
	struct hub_loop *hl = ctx;

	revalidate_tenant(hl->worker->who, tenant);
}

static void
hub_loop_io_revalidate_user(
    void *ctx, const struct tenant_id *tenant, const struct user_id *user)
{
	struct hub_loop *hl = ctx;

	revalidate_user(hl->worker->who, tenant, user);
}

static void
hub_loop_io_revalidate_jti(void *ctx, const struct tenant_id *tenant, const char *jti)
{
	struct hub_loop *hl = ctx;

	revalidate_jti(hl->worker->who, tenant, jti);
}

static void
hub_loop_io_revalidate_conn(void *ctx, struct conn *c)
{
	struct hub_loop *hl = ctx;

	revalidate_conn(hl->worker->who, c);
}

static void
hub_loop_io_refused(void *ctx, struct conn *c)
{
	(void)ctx;
	flood_count_refused(c);
}

struct hub_io
hub_loop_io(struct hub_loop *hl)
{
	return (struct hub_io){.ctx = hl,
	    .topic = hub_loop_io_topic,
	    .publish = hub_loop_io_publish,
	    .authorise = hub_loop_io_authorise,
	    .page = hub_loop_io_page,
	    .heads = hub_loop_io_heads,
	    .acl = hub_loop_io_acl,
	    .revalidate = hub_loop_io_revalidate,
	    .revalidate_user = hub_loop_io_revalidate_user,
	    .revalidate_jti = hub_loop_io_revalidate_jti,
	    .revalidate_conn = hub_loop_io_revalidate_conn,
	    .refused = hub_loop_io_refused};
}

struct presence_io
hub_loop_io_presence(struct hub_loop *hl)
{
	return (struct presence_io){
	    .ctx = hl, .topic = hub_loop_io_topic, .redis = hub_loop_io_redis};
}
