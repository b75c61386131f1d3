/* Parsers for the codecs of this folder. */
#ifndef EVENT_EVENT_PRIVATE_H
#define EVENT_EVENT_PRIVATE_H

#include "core/id.h"

/* Copies a UUID. Returns ES_INVALID for a malformed one, with field in err->field. */
enum es_code uuid_parse(const char *s, const char *field, char out[ES_UUID_TEXT],
    struct es_err *err) ES_MUST_CHECK;
/* Copies 32 lower-case hex digits. Returns ES_INVALID for any other text, with field in
 * err->field. */
enum es_code hex_parse(
    const char *s, const char *field, char out[33], struct es_err *err) ES_MUST_CHECK;

#endif
