/* The ids that connect a request with its log lines and traces. */
#ifndef API_REQUEST_ID_H
#define API_REQUEST_ID_H

#include "core/arena.h"

/* Returns a copy of given, in the arena a, when it has 8 to 64 characters of A-Z a-z 0-9
 * . _ -, else a new UUIDv7. given may be NULL. */
const char *request_id_take(const char *given, struct arena *a);

/* Returns a copy of given, in the arena a, when it is a valid traceparent (W3C Trace
 * Context level 1, version 00), else NULL. given may be NULL. */
const char *traceparent_take(const char *given, struct arena *a);

#endif
