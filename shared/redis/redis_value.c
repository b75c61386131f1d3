/* Conversion of replies and arguments between hiredis's types and those of redis.h. */
#include <string.h>

#include "core/check.h"
#include "redis/redis_private.h"

#include "core/banned.h"

static enum redis_kind
redis_value_kind_of(int type)
{
	switch (type) {
	case REDIS_REPLY_INTEGER:
		return REDIS_INT;
	case REDIS_REPLY_STRING:
		return REDIS_STRING;
	case REDIS_REPLY_STATUS:
		return REDIS_STATUS;
	case REDIS_REPLY_ERROR:
		return REDIS_ERROR;
	case REDIS_REPLY_ARRAY:
		return REDIS_ARRAY;
	default:
		return REDIS_NIL;
	}
}

/* The recursion is bounded, because hiredis's reader rejects deeper replies (7 levels in
 * 0.14, 9 later). */
void
redis_value_copy(const redisReply *r, struct arena *a, struct redis_value *out)
{
	struct redis_value *items;

	*out = (struct redis_value){.kind = redis_value_kind_of(r->type)};
	switch (out->kind) {
	case REDIS_INT:
		out->num = r->integer;
		break;
	case REDIS_STRING:
	case REDIS_STATUS:
	case REDIS_ERROR:
		out->str = arena_memdup(a, r->str, (size_t)r->len);
		out->len = (size_t)r->len;
		break;
	case REDIS_ARRAY:
		items = arena_alloc(a, r->elements * sizeof(*items));
		for (size_t i = 0; i < r->elements; i++)
			redis_value_copy(r->element[i], a, &items[i]);
		out->items = items;
		out->n = r->elements;
		break;
	case REDIS_NIL:
		break;
	}
}

enum es_code
redis_value_check(const struct redis_value *v, struct es_err *err)
{
	static const char *const passing[] = {"READONLY", "LOADING", "MASTERDOWN",
	    "MISCONF", "OOM", "CLUSTERDOWN", "BUSY", "TRYAGAIN", "NOREPLICAS",
	    "ERR max number of clients reached"};

	if (v->kind != REDIS_ERROR)
		return ES_OK;
	for (size_t i = 0; i < ES_COUNT(passing); i++) {
		const size_t len = strlen(passing[i]);

		if (strncmp(v->str, passing[i], len) == 0 &&
		    (v->str[len] == ' ' || v->str[len] == '\0'))
			return es_fail(err, ES_UNAVAILABLE, "Redis: %s", v->str);
	}
	return es_fail(err, ES_INTERNAL, "Redis: %s", v->str);
}

bool
redis_value_read_only(const struct redis_value *v)
{
	return v->kind == REDIS_ERROR && strstr(v->str, "READONLY ") != NULL;
}

bool
redis_value_noscript(const struct redis_value *v)
{
	return v->kind == REDIS_ERROR && strncmp(v->str, "NOSCRIPT", 8) == 0;
}

void
redis_args_split(size_t argc, const struct redis_arg argv[], struct arena *a,
    const char ***out_data, size_t **out_len)
{
	const char **data = arena_alloc(a, argc * sizeof(*data));
	size_t *len = arena_alloc(a, argc * sizeof(*len));

	CHECK(argc > 0);
	for (size_t i = 0; i < argc; i++) {
		data[i] = argv[i].data;
		len[i] = argv[i].len;
	}
	*out_data = data;
	*out_len = len;
}

struct redis_arg *
redis_args_list(va_list ap, struct arena *a, size_t *out_n)
{
	struct redis_arg *args;
	va_list count;
	size_t n = 0;

	va_copy(count, ap);
	while (va_arg(count, const char *) != NULL)
		n++;
	va_end(count);
	args = arena_alloc(a, n * sizeof(*args));
	for (size_t i = 0; i < n; i++) {
		args[i].data = va_arg(ap, const char *);
		args[i].len = strlen(args[i].data);
	}
	*out_n = n;
	return args;
}
