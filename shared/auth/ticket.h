/* Tickets, each of which opens one WebSocket: "est_" and 64 characters of lower-case
 * hex. Redis keeps, under the ticket's hash, the claims of the token or API key that
 * asked for the ticket. The worker that removes the Redis key (GETDEL) accepts the
 * socket, so a ticket works once. */
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
/* bytes: a jti of 63 bytes, each of which may take six in JSON, and a kid */
#define TICKET_CLAIMS 1024

void ticket_new(char out[TICKET_TEXT]);
/* True when the text begins like a ticket, valid or not. */
bool ticket_is(const char *text) ES_MUST_CHECK;
/* The ticket's key in Redis: a hash, so that a reader of Redis learns no ticket. */
void ticket_key(const char *ticket, char out[TICKET_KEY]);

/* Writes the claims as JSON, the value under that key. */
void ticket_encode(const struct token_claims *claims, struct text *out);
/* Ignores unknown members. Returns ES_INVALID when json does not hold a ticket's
 * claims. */
enum es_code ticket_decode(const char *json, size_t len, struct token_claims *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
