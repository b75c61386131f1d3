/* A POST that creates a resource, with an Idempotency-Key. A repeat with the same key
 * creates no second resource, whether it comes at the same time, later, or after a
 * crash. */
#ifndef API_CREATE_ONCE_H
#define API_CREATE_ONCE_H

#include "env/api.h"

/* The id of the resource to create. */
struct create_once {
	struct uuid id;
	bool seen_before; /* an earlier request had this key: look for the row first */
	/* The request has a key. When the insert fails, look for the row again: a
	 * concurrent request may have inserted it. */
	bool has_key;
};

/* Claims the key and fills *out. Call it after all checks of the request and before the
 * first change. route: the kind of resource, "channels". Without a key the id is new.
 * Returns ES_BAD_REQUEST for a malformed key, and ES_KEY_REUSED when an earlier request
 * had the same key and another body. */
enum es_code create_once_begin(struct api *api, const struct http_req *req,
    const char *route, struct create_once *out, struct es_err *err) ES_MUST_CHECK;

/* Returns true when found, the code of the look-up of out->id, is ES_OK. In that case it
 * sets the header Idempotency-Replayed, and the handler answers with the row of the
 * look-up. */
bool create_once_replays(enum es_code found, struct http_res *res) ES_MUST_CHECK;

#endif
