#include "env/create_once.h"

#include <string.h>

#include "env/idempotency.h"
#include "event/envelope.h"
#include "store/idempotency_store.h"

#include "core/banned.h"

#define NIL_TENANT "00000000-0000-0000-0000-000000000000"

enum es_code
create_once_begin(struct api *api, const struct http_req *req, const char *route,
    struct create_once *out, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const bool by_operator = who->tenant.text[0] == '\0';
	struct idempotency_claim claim = {.tenant = who->tenant,
	    .actor = by_operator ? "operator" : http_caller(req),
	    .route = route,
	    .key = idempotency_header(req)};
	const struct digest_part body = {req->body, req->body_len};

	*out = (struct create_once){.seen_before = false};
	if (claim.key == NULL) {
		uuid_new(out->id.text);
		return ES_OK;
	}
	out->has_key = true;
	if (!client_id_valid(claim.key))
		return es_fail_field(
		    err, ES_BAD_REQUEST, ":Idempotency-Key", IDEMPOTENCY_RULE);
	if (by_operator)
		claim.tenant = (struct tenant_id){NIL_TENANT};
	digest_sha256(&body, 1, claim.request);
	return idempotency_store_claim(
	    api->pg, &claim, req->arena, &out->id, &out->seen_before, err);
}

bool
create_once_replays(enum es_code found, struct http_res *res)
{
	if (found != ES_OK)
		return false;
	http_header(res, "Idempotency-Replayed", "true");
	return true;
}
