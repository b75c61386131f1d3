#include "json/json_walk.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "core/banned.h"

size_t
json_walk_members(struct json_object *v)
{
	size_t n = 0;

	if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, child)
		{
			(void)key;
			n += 1 + json_walk_members(child);
		}
	} else if (json_object_is_type(v, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(v); i++)
			n += json_walk_members(json_object_array_get_idx(v, i));
	}
	return n;
}

bool
json_walk_finite(struct json_object *v)
{
	if (json_object_is_type(v, json_type_double))
		return isfinite(json_object_get_double(v));
	if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, child)
		{
			(void)key;
			if (!json_walk_finite(child))
				return false;
		}
	} else if (json_object_is_type(v, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(v); i++)
			if (!json_walk_finite(json_object_array_get_idx(v, i)))
				return false;
	}
	return true;
}

bool
json_walk_has_nul(struct json_object *v)
{
	if (json_object_is_type(v, json_type_string))
		return memchr(json_object_get_string(v), 0,
			   (size_t)json_object_get_string_len(v)) != NULL;
	if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, child)
		{
			(void)key;
			if (json_walk_has_nul(child))
				return true;
		}
	} else if (json_object_is_type(v, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(v); i++)
			if (json_walk_has_nul(json_object_array_get_idx(v, i)))
				return true;
	}
	return false;
}
