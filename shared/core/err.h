/* The error codes that REST, WebSocket, logs and docs share. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdbool.h>

#include "core/attr.h"

/* enum name, HTTP status, name on the wire, title, and whether the client may retry the
 * same request. Only lighttpd answers LENGTH_REQUIRED and NOT_IMPLEMENTED. */
#define ES_CODES(X) \
	X(OK, 200, "ok", "OK", false) \
	X(BAD_REQUEST, 400, "bad_request", "Malformed request", false) \
	X(BAD_CURSOR, 400, "bad_cursor", "Unknown cursor", false) \
	X(UNKNOWN_TYPE, 400, "unknown_type", "Unknown frame type", false) \
	X(UNAUTHENTICATED, 401, "unauthenticated", "Not authenticated", false) \
	X(TOKEN_EXPIRED, 401, "token_expired", "Token expired", false) \
	X(TOKEN_REVOKED, 401, "token_revoked", "Token revoked", false) \
	X(FORBIDDEN, 403, "forbidden", "Not allowed", false) \
	X(TENANT_SUSPENDED, 403, "tenant_suspended", "Tenant suspended", false) \
	X(EDIT_WINDOW_OVER, 403, "edit_window_over", "Too late to edit", false) \
	X(QUOTA_EXCEEDED, 403, "quota_exceeded", "Quota exceeded", false) \
	X(NOT_FOUND, 404, "not_found", "Not found", false) \
	X(METHOD_NOT_ALLOWED, 405, "method_not_allowed", "Method not allowed", false) \
	X(CONFLICT, 409, "conflict", "Conflict", false) \
	X(NAME_TAKEN, 409, "name_taken", "Name already in use", false) \
	X(EMAIL_TAKEN, 409, "email_taken", "E-mail already in use", false) \
	X(CHANNEL_ARCHIVED, 409, "channel_archived", "Channel is archived", false) \
	X(LAST_OWNER, 409, "last_owner", "Last owner must stay", false) \
	X(TOO_MANY_REACTIONS, 409, "too_many_reactions", "Too many reactions", false) \
	X(GONE, 410, "gone", "Gone", false) \
	X(LENGTH_REQUIRED, 411, "length_required", "Length Required", false) \
	X(VERSION_CONFLICT, 412, "version_conflict", "Version conflict", false) \
	X(TOO_LARGE, 413, "too_large", "Too large", false) \
	X(UNSUPPORTED_MEDIA, 415, "unsupported_media_type", "Unsupported media type", \
	    false) \
	X(INVALID, 422, "validation_failed", "Validation failed", false) \
	X(BODY_TOO_LONG, 422, "body_too_long", "Message body too long", false) \
	X(KEY_REUSED, 422, "idempotency_key_reused", "Idempotency key reused", false) \
	X(UPGRADE_REQUIRED, 426, "upgrade_required", "Upgrade required", false) \
	X(RATE_LIMITED, 429, "rate_limited", "Too many requests", true) \
	X(BUSY, 429, "busy", "Too many sends in flight", true) \
	X(TOO_MANY_SUBSCRIPTIONS, 429, "too_many_subscriptions", \
	    "Too many subscriptions", false) \
	X(HEADERS_TOO_LARGE, 431, "headers_too_large", "Request head too large", false) \
	X(INTERNAL, 500, "internal", "Internal error", true) \
	X(NOT_IMPLEMENTED, 501, "not_implemented", "Not Implemented", false) \
	X(UNAVAILABLE, 503, "unavailable", "Temporarily unavailable", true) \
	X(QUEUE_FULL, 503, "queue_full", "Queue full", true) \
	X(DRAINING, 503, "draining", "Shutting down", true) \
	X(OUTCOME_UNKNOWN, 503, "outcome_unknown", "Outcome unknown", true)

enum es_code {
#define X(name, status, wire, title, retry) ES_##name,
	ES_CODES(X)
#undef X
	    ES_CODE_COUNT
};

struct es_err {
	enum es_code code;
	/* the JSON field, header or setting that is wrong, or "" */
	char field[64];
	/* detail for the client; never secrets, message bodies or SQL */
	char text[200];
	char sqlstate[6]; /* only pg sets it */
	/* The database's message on one line, "" when there are none, and the name of
	 * the statement that failed (static text, NULL: none). They are for the log,
	 * /readyz and operators' tools, never for a client of the API. */
	char cause[256];
	const char *statement;
	/* > 0 when the client should wait, e.g. with ES_RATE_LIMITED */
	long retry_after_ms;
};

int es_code_status(enum es_code code);
const char *es_code_name(enum es_code code);
const char *es_code_title(enum es_code code);
bool es_code_retryable(enum es_code code);

/* Returns the code with this wire name, or ES_INTERNAL for an unknown name. */
enum es_code es_code_from_name(const char *name);

/* Fills err and returns code, so that a failure is one statement: return es_fail(...).
 * Clears err->field. The texts in err are valid UTF-8, whatever input they quote. */
enum es_code es_fail(struct es_err *err, enum es_code code, const char *fmt, ...)
    ES_PRINTF(3, 4);

/* Like es_fail(), and names the wrong field in err->field. */
enum es_code es_fail_field(struct es_err *err, enum es_code code, const char *field,
    const char *fmt, ...) ES_PRINTF(4, 5);

#define ES_REASON_MAX 600
/* Writes text, cause, SQLSTATE and statement of err on one line for an operator. */
void es_err_reason(const struct es_err *err, char out[ES_REASON_MAX]);

/* Both functions return their code. The analyzer does not see their bodies, so these
 * macros show it the result; otherwise it follows impossible paths. */
#ifdef __clang_analyzer__
#define es_fail(err, code, ...) ((void)es_fail((err), (code), __VA_ARGS__), (code))
#define es_fail_field(err, code, ...) \
	((void)es_fail_field((err), (code), __VA_ARGS__), (code))
#endif

#endif
