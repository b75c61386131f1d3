/* What ties a request to its log lines and traces. */
#ifndef API_REQUEST_ID_H
#define API_REQUEST_ID_H

#include "core/arena.h"

/* given if it is 8 to 64 characters of A-Z a-z 0-9 . _ -, else a fresh UUIDv7. */
const char *request_id_take(const char *given, struct arena *a);

/* given if it is a valid traceparent (W3C Trace Context level 1, version 00), else NULL.
 */
const char *traceparent_take(const char *given, struct arena *a);

#endif
