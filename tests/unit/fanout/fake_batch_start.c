/* For tests of batch_run(), which commits in one step and calls none of these functions.
 * test_batch_start.c tests commits in two steps. */
#include "store/batch_store.h"

#include "core/banned.h"

enum es_code
batch_store_start(struct pg *pg, const struct batch_fence fences[], size_t n_fences,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_commit **out, struct es_err *err)
{
	(void)pg, (void)fences, (void)n_fences, (void)envelopes, (void)n, (void)a;
	(void)out;
	return es_fail(err, ES_INTERNAL, "not called");
}

enum es_code
batch_store_finish(
    struct pg *pg, struct batch_commit *c, struct batch_result *out, struct es_err *err)
{
	(void)pg, (void)c, (void)out;
	return es_fail(err, ES_INTERNAL, "not called");
}
