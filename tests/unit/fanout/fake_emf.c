/* CloudWatch's metrics are off in these tests; tests/run/emf.py tests them on. */
#include "core/check.h"
#include "emf/emf.h"

#include "core/banned.h"

struct emf *
emf_new(const struct metrics *m, const struct emf_row rows[], unsigned n, const char *svc,
    const char *deployment, int64_t period_ms)
{
	(void)m, (void)rows, (void)n, (void)svc, (void)deployment, (void)period_ms;
	CHECK(!"ES_METRICS_EMF is off");
	return NULL;
}

void
emf_free(struct emf **e)
{
	CHECK(*e == NULL);
}

bool
emf_due(const struct emf *e)
{
	(void)e;
	CHECK(!"ES_METRICS_EMF is off");
	return false;
}

void
emf_write(struct emf *e, int fd)
{
	(void)e, (void)fd;
	CHECK(!"ES_METRICS_EMF is off");
}
