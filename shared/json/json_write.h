/* Writes JSON into a text buffer. Adds commas and escapes strings. */
#ifndef JSON_JSON_WRITE_H
#define JSON_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

struct json_write {
	struct text *out;
	bool comma;
	bool ascii; /* escape everything above 0x7e as \uXXXX: for the queue */
};

/* Writes nothing yet: call jw_object or jw_array next. An overflow stays set in out. */
void jw_init(struct json_write *w, struct text *out);
/* key is NULL inside an array and at the top level. */
void jw_object(struct json_write *w, const char *key);
void jw_object_end(struct json_write *w);
void jw_array(struct json_write *w, const char *key);
void jw_array_end(struct json_write *w);
/* value NULL writes null; value must be UTF-8. */
void jw_string(struct json_write *w, const char *key, const char *value);
void jw_int(struct json_write *w, const char *key, int64_t value);
void jw_bool(struct json_write *w, const char *key, bool value);
void jw_null(struct json_write *w, const char *key);
/* json must be a complete JSON value. */
void jw_raw(struct json_write *w, const char *key, const char *json);

#endif
