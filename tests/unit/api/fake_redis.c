/* Redis, for the rig. A call is recorded without values that differ from run to run: the
 * fake stores the key and the value of SET in rig.redis_key and rig.redis_value instead.
 */
#include <stdarg.h>
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

enum es_code
redis_text(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err, ...)
{
	struct text said;
	unsigned i = 0;
	va_list ap;

	(void)r;
	*out = (struct redis_value){.kind = REDIS_STATUS};
	text_init(&said, a, 4096);
	va_start(ap, err);
	for (const char *s = va_arg(ap, const char *); s != NULL;
	     s = va_arg(ap, const char *), i++) {
		if (i == 1)
			rig.redis_key = arena_strdup(a, s);
		else if (i == 2)
			rig.redis_value = arena_strdup(a, s);
		else
			text_addf(&said, "%s%s", i > 0 ? " " : "", s);
	}
	va_end(ap);
	return rig_called(err, "redis_text", "%s", said.data);
}

/* Answers "online" for each field of a hash. */
enum es_code
redis_cmd(struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err,
    size_t argc, const struct redis_arg argv[])
{
	struct redis_value *items = arena_alloc(a, argc * sizeof(*items));

	(void)r;
	CU_ASSERT_FATAL(argc > 2);
	TRY(rig_called(err, "redis_cmd", "%s %s, %zu fields from %s", argv[0].data,
	    argv[1].data, argc - 2, rig_id(argv[2].data)));
	for (size_t i = 0; i < argc; i++)
		items[i] =
		    (struct redis_value){.kind = REDIS_STRING, .str = "online", .len = 6};
	*out = (struct redis_value){.kind = REDIS_ARRAY, .items = items, .n = argc - 2};
	return ES_OK;
}

/* Records the arguments of a script; only ids are shortened. */
enum es_code
redis_eval(struct redis *r, struct redis_script *s, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[])
{
	struct text said;

	(void)r, (void)s;
	CU_ASSERT_EQUAL(n_keys, 0);
	*out = (struct redis_value){.kind = REDIS_INT, .num = 1};
	text_init(&said, a, 4096);
	for (size_t i = 0; i < argc; i++)
		text_addf(&said, "%s%s", i > 0 ? " " : "",
		    argv[i].len == ES_UUID_TEXT - 1 ? rig_id(argv[i].data)
						    : argv[i].data);
	return rig_called(err, "redis_eval", "%s", said.data);
}
