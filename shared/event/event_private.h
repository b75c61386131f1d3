/* Parsers that the codecs of this folder share. */
#ifndef EVENT_EVENT_PRIVATE_H
#define EVENT_EVENT_PRIVATE_H

#include "core/id.h"

/* ES_INVALID naming the field. */
enum es_code uuid_parse(const char *s, const char *field, char out[ES_UUID_TEXT],
    struct es_err *err) ES_MUST_CHECK;
/* 32 lower-case hex digits. */
enum es_code hex_parse(
    const char *s, const char *field, char out[33], struct es_err *err) ES_MUST_CHECK;

#endif
