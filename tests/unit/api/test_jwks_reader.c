/* Background readings of key sets: their rate, and the stored reason of a failure. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "guard/jwks_fetch.h"
#include "guard/jwks_reader.h"

#include "core/clock.h"
#include "store/issuer_store.h"

#include "core/banned.h"

#define EVERY_MS  2000 /* as in jwks_reader.c */
#define FAILED_MS 60000

static struct api_conf conf;
static struct api api;
static enum es_code due_says, host_says, set_says; /* the result of each step */
static bool is_due;
static unsigned dues, fetches, stores;
static const char *stored_jwks;
static char stored_fault[200];

enum es_code
issuer_store_due(
    struct pg *pg, struct arena *a, struct jwks_due *out, bool *found, struct es_err *err)
{
	(void)pg, (void)a;
	dues++;
	if (due_says != ES_OK)
		return es_fail(err, due_says, "no");
	*out = (struct jwks_due){.kid = "set", .alg = "RS256", .url = "https://x.test/"};
	*found = is_due;
	return ES_OK;
}

enum es_code
jwks_fetch(const struct api_conf *c, const char *url, enum token_alg alg, struct arena *a,
    const char **out, struct es_err *err)
{
	(void)c, (void)url, (void)alg, (void)a;
	fetches++;
	if (host_says != ES_OK)
		return es_fail(err, host_says, "the host is away");
	*out = "{}";
	return ES_OK;
}

/* Returns set_says, unless the reader stores its own fault "can't be stored", which
 * succeeds. */
enum es_code
issuer_store_read(struct pg *pg, const struct jwks_due *of, const char *jwks,
    const char *fault, struct arena *a, struct es_err *err)
{
	(void)pg, (void)of, (void)a;
	stores++;
	if (set_says != ES_OK &&
	    (fault == NULL ||
		strcmp(fault, "the answer of the host can't be stored") != 0))
		return es_fail(err, set_says, "no");
	stored_jwks = jwks;
	stored_fault[0] = '\0';
	if (fault != NULL)
		(void)snprintf(stored_fault, sizeof(stored_fault), "%s", fault);
	return ES_OK;
}

static void
up(void)
{
	api = (struct api){.conf = &conf};
	due_says = host_says = set_says = ES_OK;
	is_due = true;
	dues = fetches = stores = 0;
	stored_jwks = NULL;
	stored_fault[0] = '\0';
}

/* Returns true when the next reading is due in `ms` ms, or up to 1 s earlier on a slow
 * machine. */
static bool
waits(int64_t ms)
{
	const int64_t left_ms = api.jwks_next_ms - clock_mono_ms();
	const unsigned before = dues;

	jwks_reader_poll(&api);
	return dues == before && left_ms <= ms && left_ms > ms - 1000;
}

static void
a_set_is_stored(void)
{
	up();
	jwks_reader_poll(&api);
	CU_ASSERT_EQUAL(stores, 1);
	CU_ASSERT_STRING_EQUAL(stored_jwks, "{}");
	CU_ASSERT_STRING_EQUAL(stored_fault, "");
	CU_ASSERT_TRUE(waits(EVERY_MS));
	is_due = false;
	api.jwks_next_ms = 0;
	jwks_reader_poll(&api);
	CU_ASSERT_EQUAL(dues, 2);
	CU_ASSERT_EQUAL(fetches, 1);
	CU_ASSERT_TRUE(waits(EVERY_MS));
}

static void
an_error_is_stored(void)
{
	up();
	host_says = ES_INVALID;
	jwks_reader_poll(&api);
	CU_ASSERT_PTR_NULL(stored_jwks);
	CU_ASSERT_STRING_EQUAL(stored_fault, "the host is away");
}

static void
a_failed_store_is_logged(void)
{
	for (unsigned i = 0; i < 2; i++) {
		up();
		host_says = i == 0 ? ES_OK : ES_INVALID;
		set_says = ES_INTERNAL;
		jwks_reader_poll(&api);
		CU_ASSERT_EQUAL(stores, 2);
		CU_ASSERT_PTR_NULL(stored_jwks);
		CU_ASSERT_STRING_EQUAL(
		    stored_fault, "the answer of the host can't be stored");
	}
	up();
	/* the database is away, so the reader does not try to store a fault */
	set_says = ES_UNAVAILABLE;
	jwks_reader_poll(&api);
	CU_ASSERT_EQUAL(stores, 1);
}

static void
a_failure_causes_a_pause(void)
{
	up();
	due_says = ES_INTERNAL;
	jwks_reader_poll(&api);
	CU_ASSERT_TRUE(waits(FAILED_MS));
	up();
	due_says = ES_UNAVAILABLE; /* the database is away for a while */
	jwks_reader_poll(&api);
	CU_ASSERT_TRUE(waits(EVERY_MS));
}

static CU_TestInfo cases[] = {
    {"a set is stored", a_set_is_stored},
    {"an error is stored", an_error_is_stored},
    {"a result that cannot be stored is logged", a_failed_store_is_logged},
    {"a failure causes a pause", a_failure_causes_a_pause},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/jwks_reader", cases)
