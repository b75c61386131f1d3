/* Identifiers as distinct types: a channel can never be passed as a tenant. */
#ifndef CORE_ID_H
#define CORE_ID_H

#include <stdbool.h>

#include "core/err.h"

#define ES_UUID_TEXT 37 /* 36 characters and the terminator */

/* Lower case, hyphenated (RFC 9562 section 4). An all-zero struct is "none". */
struct tenant_id {
	char text[ES_UUID_TEXT];
};
struct user_id {
	char text[ES_UUID_TEXT];
};
struct channel_id {
	char text[ES_UUID_TEXT];
};
/* Any other id: connection, envelope, request. */
struct uuid {
	char text[ES_UUID_TEXT];
};

/* True for exactly 36 characters of lower-case hex and hyphens in the right places. */
bool uuid_valid(const char *s) ES_MUST_CHECK;

/* A fresh UUIDv7 of the current wall clock and getrandom(2) bytes (RFC 9562 section 5.7).
 * Rises within one process also within one millisecond. */
void uuid_new(char out[ES_UUID_TEXT]);

/* Refuse with ES_NOT_FOUND: a malformed id is an unknown id. out untouched on failure. */
enum es_code tenant_id_parse(
    const char *s, struct tenant_id *out, struct es_err *err) ES_MUST_CHECK;
enum es_code user_id_parse(
    const char *s, struct user_id *out, struct es_err *err) ES_MUST_CHECK;
enum es_code channel_id_parse(
    const char *s, struct channel_id *out, struct es_err *err) ES_MUST_CHECK;

/* Message numbers and every other integer on the wire stay exact in a double. */
#define ES_INT_MAX_EXACT 9007199254740991LL

#endif
