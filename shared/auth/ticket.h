/* Tickets that open one WebSocket: "est_" and 64 characters of lower-case hex. A ticket
 * stands in Redis, by its hash, for the claims of the token (or API key) that it was
 * asked for with, and the worker that takes the key away (GETDEL) lets the one socket in.
 */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/token.h"
#include "core/text.h"
#include "crypto/digest.h"

#define TICKET_PREFIX "est_"
#define TICKET_TEXT   (4 + DIGEST_SECRET_TEXT)
#define TICKET_TTL_MS 30000
#define TICKET_KEY    (6 + 2 * DIGEST_SHA256 + 1) /* "es:tk:" and the hash */
#define TICKET_CLAIMS 1024 /* bytes: a jti of 63 that JSON writes as six each, a kid */

void ticket_new(char out[TICKET_TEXT]);
/* Does the text want to be taken for a ticket, good or not? */
bool ticket_is(const char *text) ES_MUST_CHECK;
/* Its key in Redis: who reads Redis learns no ticket. */
void ticket_key(const char *ticket, char out[TICKET_KEY]);

/* What the key holds: the claims as JSON. */
void ticket_encode(const struct token_claims *claims, struct text *out);
/* ES_INVALID; unknown members are ignored. */
enum es_code ticket_decode(const char *json, size_t len, struct token_claims *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
