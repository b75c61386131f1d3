/* The version of a message as an entity tag: the headers If-Match and ETag. */
#ifndef API_IF_MATCH_H
#define API_IF_MATCH_H

#include "http/http.h"
#include "store/message_store.h"

/* Reads If-Match: the version in quotes. *out is 0 when the header is absent or "*": any
 * version. ES_BAD_REQUEST for anything else, a list of versions too. */
enum es_code if_match_version(
    const struct http_req *req, int64_t *out, struct es_err *err) ES_MUST_CHECK;

/* Sets the header ETag to the version of the message. */
void if_match_set_etag(
    const struct http_req *req, struct http_res *res, const struct message *m);

#endif
