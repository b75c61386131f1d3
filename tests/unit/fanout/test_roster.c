/* The list of live workers: the arguments of its script, and the count without an answer.
 */
#include <string.h>

#include "core/text.h"
#include "cunit_main.h"
#include "roster.h"

#include "core/banned.h"

static enum es_code redis_says;
static struct redis_value counted;
static char said[128];

enum es_code
redis_eval(struct redis *r, struct redis_script *s, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[])
{
	struct text t;

	(void)r, (void)s;
	CU_ASSERT_EQUAL(n_keys, 1);
	text_init(&t, a, sizeof(said));
	for (size_t i = 0; i < argc; i++)
		text_addf(&t, "%s%.*s", i > 0 ? " " : "", (int)argv[i].len, argv[i].data);
	CU_ASSERT_FATAL(t.len < sizeof(said));
	memcpy(said, t.data, t.len + 1);
	*out = counted;
	return redis_says == ES_OK ? ES_OK : es_fail(err, redis_says, "away");
}

static void
asked(void)
{
	struct arena *a = arena_new();

	redis_says = ES_OK;
	counted = (struct redis_value){.kind = REDIS_INT, .num = 3};
	CU_ASSERT_EQUAL(roster_sign_in(NULL, "w-1", 5000, a), 3);
	CU_ASSERT_STRING_EQUAL(said, ROSTER_KEY " w-1 in 5000");
	counted.num = 0;
	CU_ASSERT_EQUAL(roster_sign_out(NULL, "w-1", 5000, a), 0);
	CU_ASSERT_STRING_EQUAL(said, ROSTER_KEY " w-1 out 5000");
	arena_free(&a);
}

static void
no_answer(void)
{
	struct arena *a = arena_new();

	redis_says = ES_UNAVAILABLE;
	counted = (struct redis_value){.kind = REDIS_INT, .num = 3};
	CU_ASSERT_EQUAL(roster_sign_in(NULL, "w-1", 5000, a), 0);
	redis_says = ES_OK;
	counted = (struct redis_value){.kind = REDIS_ERROR, .num = 3};
	CU_ASSERT_EQUAL(roster_sign_in(NULL, "w-1", 5000, a), 0);
	counted = (struct redis_value){.kind = REDIS_INT, .num = -1};
	CU_ASSERT_EQUAL(roster_sign_out(NULL, "w-1", 5000, a), 0);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"a worker signs in and out", asked},
    {"without an answer the count is 0", no_answer},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("fanout/roster", cases)
