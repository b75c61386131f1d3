#include "core/outage.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/log.h"

#include "core/banned.h"

/* Shared by processes, so all members are atomic. Times are of the monotonic clock, which
 * all processes of a machine share. */
struct outage {
	_Atomic int64_t since_ms; /* 0: the service works */
	_Atomic int64_t last_ms;  /* time of the newest failure */
	_Atomic int64_t logged_ms;
	_Atomic uint64_t cause;
	_Atomic int64_t failures;
};

static struct outage outage_own[OUTAGE_KINDS];
static struct outage *outages = outage_own;

static const char *const outage_names[OUTAGE_KINDS] = {"postgres", "redis", "queue"};

void
outage_init(void)
{
	void *shared = mmap(NULL, sizeof(outage_own), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	/* If mmap() fails, each process logs its own outages. */
	outages = shared != MAP_FAILED ? shared : outage_own;
}

static uint64_t
outage_cause(const struct es_err *err)
{
	char words[sizeof(err->text) + sizeof(err->cause) + sizeof(err->sqlstate)];
	const int len = snprintf(
	    words, sizeof(words), "%s%s%s", err->text, err->cause, err->sqlstate);

	return hash_bytes(words, (size_t)len);
}

static bool
outage_due(struct outage *o, int64_t now)
{
	int64_t logged = o->logged_ms;

	return now - logged >= OUTAGE_LOG_EVERY_MS &&
	       atomic_compare_exchange_strong(&o->logged_ms, &logged, now);
}

void
outage_report_failure(enum outage_of what, const struct es_err *err)
{
	struct outage *o = &outages[what];
	const int64_t now = clock_mono_ms();
	const uint64_t cause = outage_cause(err);
	int64_t none = 0;

	o->last_ms = now;
	o->failures++;
	if (atomic_compare_exchange_strong(&o->since_ms, &none, now)) {
		o->logged_ms = now;
		o->failures = 1;
		o->cause = cause;
		log_error("service unavailable", LOG_STR("service", outage_names[what]),
		    LOG_ERR_FIELDS(err));
	} else if (o->cause != cause && outage_due(o, now)) {
		o->cause = cause;
		log_error("service still unavailable, for another cause",
		    LOG_STR("service", outage_names[what]),
		    LOG_INT("outage_ms", now - none), LOG_ERR_FIELDS(err));
	}
}

void
outage_report_failed_call(const struct es_err *err)
{
	static const struct {
		const char *begin;
		enum outage_of what;
	} texts[] = {
	    {"Redis", OUTAGE_REDIS},
	    {"database", OUTAGE_POSTGRES},
	    {"the database", OUTAGE_POSTGRES},
	    {"too many statements", OUTAGE_POSTGRES},
	};
	enum outage_of what = OUTAGE_QUEUE;

	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if (strncmp(err->text, texts[i].begin, strlen(texts[i].begin)) == 0)
			what = texts[i].what;
	if (err->sqlstate[0] != '\0')
		what = OUTAGE_POSTGRES;
	outage_report_failure(what, err);
}

void
outage_report_success(enum outage_of what)
{
	struct outage *o = &outages[what];
	const int64_t last = o->last_ms;
	int64_t since = o->since_ms;

	if (since == 0 || clock_mono_ms() - last < OUTAGE_QUIET_MS ||
	    !atomic_compare_exchange_strong(&o->since_ms, &since, 0))
		return;
	log_info("service available again", LOG_STR("service", outage_names[what]),
	    LOG_INT("outage_ms", last - since), LOG_INT("failures", o->failures));
}

void
outage_report_check(enum outage_of what, enum es_code rc, const struct es_err *err)
{
	if (rc == ES_OK)
		outage_report_success(what);
	else
		outage_report_failure(what, err);
}
