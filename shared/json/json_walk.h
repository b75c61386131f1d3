/* Checks that json-c does not make, over a whole value. For json_bind.c only. */
#ifndef JSON_JSON_WALK_H
#define JSON_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* Counts the members of all objects in the value. */
size_t json_walk_members(struct json_object *v);
/* Returns false when a number overflowed a double: json-c would write it as Infinity. */
bool json_walk_finite(struct json_object *v);
/* True when a string holds U+0000, which neither a C string nor PostgreSQL can store. */
bool json_walk_has_nul(struct json_object *v);

#endif
