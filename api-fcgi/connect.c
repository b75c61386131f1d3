#include "connect.h"

#include "auth/token_keyring.h"
#include "guard/bearer.h"
#include "guard/caller_hints.h"
#include "http/cors.h"
#include "queue/queue_guard.h"
#include "send/send_reply.h"

#include "core/banned.h"

#define LOCAL_LIMIT_KEYS 4096

static int64_t
connect_cap_ms(int64_t ms, int64_t max_ms)
{
	return ms < max_ms ? ms : max_ms;
}

static enum es_code
connect_services(const struct worker_setup *setup, struct api *api, struct es_err *err)
{
	const struct conf_common *c = &setup->conf->common;
	const int64_t database_ms =
	    connect_cap_ms(c->database_timeout_ms, setup->timeout_max_ms);
	const int64_t redis_timeout_ms =
	    connect_cap_ms(c->redis_timeout_ms, setup->timeout_max_ms);
	const struct pg_settings pg = {.url = c->database_url,
	    .application_name = "echostream-api",
	    .connect_timeout_ms = database_ms,
	    .statement_timeout_ms = database_ms,
	    .lock_timeout_ms = 1000,
	    .pooled = conf_pooled(c->database_pooler)};
	struct aws_settings sqs = c->sqs;
	const struct queue_settings queue = {.url = c->queue_url,
	    .redis_url =
		c->queue_redis_url[0] != '\0' ? c->queue_redis_url : c->redis_url,
	    .partitions = (unsigned)c->queue_partitions,
	    .max_bytes = c->queue_max_bytes,
	    .timeout_ms = redis_timeout_ms,
	    .sqs = &sqs};

	sqs.timeout_ms = connect_cap_ms(sqs.timeout_ms, setup->timeout_max_ms);
	TRY(pg_open(&pg, &api->pg, err));
	api->redis_timeout_ms = redis_timeout_ms;
	api->queue_guards =
	    queue_guard_fits(c->queue_url, c->queue_redis_url, c->redis_url);
	TRY(redis_open(c->redis_url, redis_timeout_ms, &api->redis, err));
	return queue_open(&queue, &api->queue, err);
}

enum es_code
connect_open(const struct worker_setup *setup, struct api *out, struct es_err *err)
{
	struct api api = {
	    .conf = setup->conf,
	    .router = setup->router,
	    .metrics = setup->metrics,
	    .trace = setup->trace,
	    .gate = setup->gate,
	    .slot = setup->slot,
	};
	enum es_code rc = token_keyring_new(&setup->conf->auth, &api.keyring, err);

	if (rc == ES_OK) {
		api.tokens = *token_keyring_rules(api.keyring);
		api.tokens.minted_at_database_time = true;
		rc = connect_services(setup, &api, err);
	}
	if (rc != ES_OK) {
		connect_close(&api);
		return rc;
	}
	api.limits_local = limits_local_new(LOCAL_LIMIT_KEYS);
	api.cors = cors_new();
	api.bearer_keys = bearer_keys_new();
	*out = api;
	return ES_OK;
}

void
connect_close(struct api *api)
{
	pg_close(&api->pg);
	redis_close(&api->redis);
	queue_close(&api->queue);
	send_reply_free(&api->reply);
	limits_local_free(&api->limits_local);
	cors_free(&api->cors);
	bearer_keys_free(&api->bearer_keys);
	caller_hints_free(&api->hints);
	token_keyring_free(&api->keyring);
}
