/* A POST that makes something, and its Idempotency-Key: repeated with the same key it
 * makes nothing new, whenever and however often, also at the same time or after a crash.
 */
#ifndef API_CREATE_ONCE_H
#define API_CREATE_ONCE_H

#include "env/api.h"

/* The id that what is made must have. */
struct create_once {
	struct uuid id;
	bool seen_before; /* the key was seen before: look for the row before making it */
	/* There is a key: when making fails, look for the row after it, since a
	 * concurrent request may have made it. */
	bool has_key;
};

/* After all checks of the request, before anything is made. route names the kind of
 * thing: "channels". Without a key the id is fresh. ES_BAD_REQUEST for a malformed key,
 * ES_KEY_REUSED when the key came with another body before. */
enum es_code create_once_begin(struct api *api, const struct http_req *req,
    const char *route, struct create_once *out, struct es_err *err) ES_MUST_CHECK;

/* Is the row to be answered as it is, after it was found under out->id? found: what the
 * look-up said. Sets Idempotency-Replayed. */
bool create_once_replays(enum es_code found, struct http_res *res) ES_MUST_CHECK;

#endif
