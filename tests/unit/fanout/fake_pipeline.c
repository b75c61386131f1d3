/* For tests of batches: a pipeline in two steps calls redis_pipeline() of the test at its
 * second step. */
#include "cunit_main.h"

#include "redis/redis.h"

#include "core/banned.h"

static const struct redis_call *under_way;
static size_t n_under_way;

enum es_code
redis_pipeline_send(struct redis *r, struct arena *a, const struct redis_call calls[],
    size_t n, struct es_err *err)
{
	(void)r, (void)a, (void)err;
	CU_ASSERT_PTR_NULL(under_way);
	under_way = calls;
	n_under_way = n;
	return ES_OK;
}

enum es_code
redis_pipeline_read(
    struct redis *r, struct arena *a, struct redis_value out[], struct es_err *err)
{
	const struct redis_call *calls = under_way;

	CU_ASSERT_PTR_NOT_NULL_FATAL(calls);
	under_way = NULL;
	return redis_pipeline(r, a, calls, n_under_way, out, err);
}
