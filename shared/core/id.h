/* Identifiers as distinct types, so that the compiler refuses a channel in place of a
 * tenant. */
#ifndef CORE_ID_H
#define CORE_ID_H

#include <stdbool.h>

#include "core/err.h"

#define ES_UUID_TEXT 37 /* 36 characters and the terminator */

/* UUIDs in lower case with hyphens (RFC 9562 section 4). An all-zero struct means
 * "none". */
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

/* True for 36 characters: lower-case hex digits, and hyphens in the right places. */
bool uuid_valid(const char *s) ES_MUST_CHECK;

/* Makes a new UUIDv7 from the wall clock and getrandom(2) (RFC 9562 section 5.7). The ids
 * of one process increase, even within one millisecond. */
void uuid_new(char out[ES_UUID_TEXT]);

/* Takes any other kind of id, in either case, and stores it in lower case. Returns false
 * for a malformed id, and leaves out unchanged. */
bool uuid_take(const char *s, char out[ES_UUID_TEXT]) ES_MUST_CHECK;

/* Takes an id in either case and stores it in lower case, since Swift and .NET print
 * upper case (RFC 9562 section 4 allows both). Returns ES_NOT_FOUND for a malformed id,
 * because no such object can exist. *out is unchanged on failure. */
enum es_code tenant_id_parse(
    const char *s, struct tenant_id *out, struct es_err *err) ES_MUST_CHECK;
enum es_code user_id_parse(
    const char *s, struct user_id *out, struct es_err *err) ES_MUST_CHECK;
enum es_code channel_id_parse(
    const char *s, struct channel_id *out, struct es_err *err) ES_MUST_CHECK;

/* The largest integer that a double holds exactly. Every integer on the wire stays at or
 * below it, because JSON parsers may use doubles. */
#define ES_INT_MAX_EXACT 9007199254740991LL

#endif
