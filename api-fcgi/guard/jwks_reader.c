#include "guard/jwks_reader.h"

#include "core/clock.h"
#include "core/log.h"
#include "guard/jwks_fetch.h"
#include "store/issuer_store.h"

#include "core/banned.h"

#define EVERY_MS 2000
/* The pause after a failure that an operator must repair, such as a missing right in
 * PostgreSQL: one line per minute in the log is enough. */
#define FAILED_MS 60000

/* Stores the set. When PostgreSQL refuses the text, stores the refusal as the error of
 * the set. Otherwise the tenant's owner would see a set that was never read, without a
 * reason. */
static enum es_code
jwks_reader_store(struct api *api, const struct jwks_due *due, const char *jwks,
    const char *fault, struct arena *a, struct es_err *err)
{
	const enum es_code rc = issuer_store_read(api->pg, due, jwks, fault, a, err);

	if (rc == ES_OK || rc == ES_UNAVAILABLE)
		return rc;
	log_warn("key set not stored", LOG_STR("tenant", due->tenant.text),
	    LOG_STR("kid", due->kid), LOG_STR("error", err->text));
	return issuer_store_read(
	    api->pg, due, NULL, "the answer of the host can't be stored", a, err);
}

static enum es_code
jwks_reader_read_one(struct api *api, struct arena *a, struct es_err *err)
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
	return jwks_reader_store(api, &due, jwks, jwks == NULL ? why.text : NULL, a, err);
}

void
jwks_reader_poll(struct api *api)
{
	const int64_t now_ms = clock_mono_ms();
	struct es_err err = {0};
	struct arena *a;

	if (now_ms < api->jwks_next_ms)
		return;
	api->jwks_next_ms = now_ms + EVERY_MS;
	a = arena_new();
	if (jwks_reader_read_one(api, a, &err) != ES_OK && err.code != ES_UNAVAILABLE) {
		log_warn("key sets can't be read", LOG_ERR_FIELDS(&err));
		api->jwks_next_ms = now_ms + FAILED_MS;
	}
	arena_free(&a);
}
