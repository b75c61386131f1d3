#include "jwks_reader.h"

#include "core/clock.h"
#include "core/log.h"
#include "jwks_fetch.h"
#include "store/issuer_store.h"

#include "core/banned.h"

#define EVERY_MS 2000

static enum es_code
read_one(struct api *api, struct arena *a, struct es_err *err)
{
	struct jwks_due due = {0};
	const char *jwks = NULL;
	struct es_err why = {0};
	enum token_alg alg;
	bool found;

	TRY(issuer_store_due(api->pg, a, &due, &found, err));
	if (!found)
		return ES_OK;
	if (!token_alg_parse(due.alg, &alg))
		return es_fail(err, ES_INTERNAL, "unknown algorithm of a key");
	if (jwks_fetch(api->conf, due.url, alg, a, &jwks, &why) != ES_OK)
		log_info("key set not read", LOG_STR("tenant", due.tenant.text),
		    LOG_STR("kid", due.kid), LOG_STR("why", why.text));
	return issuer_store_read(
	    api->pg, &due, jwks, jwks == NULL ? why.text : NULL, a, err);
}

void
jwks_reader_turn(struct api *api)
{
	const int64_t now_ms = clock_mono_ms();
	struct es_err err = {0};
	struct arena *a;

	if (now_ms - api->jwks_read_ms < EVERY_MS)
		return;
	api->jwks_read_ms = now_ms;
	a = arena_new();
	if (read_one(api, a, &err) != ES_OK && err.code != ES_UNAVAILABLE)
		log_warn("key sets can't be read", LOG_STR("error", err.text));
	arena_free(&a);
}
