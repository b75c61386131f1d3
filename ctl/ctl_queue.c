/* echostreamctl queue: shows the size of the queue, and handles dead letters. */
#include <inttypes.h>
#include <stdio.h>

#include "queue/queue.h"

#include "ctl_dead.h"
#include "ctl_queue.h"
#include "ctl_redrive.h"

#include "core/banned.h"

bool
ctl_queue_open(const struct ctl *c, struct queue **out, struct es_err *err)
{
	const struct queue_settings settings = {.url = c->conf.queue_url,
	    .redis_url = *c->conf.queue_redis_url != '\0' ? c->conf.queue_redis_url
	                                                  : c->conf.redis_url,
	    .partitions = (unsigned)c->conf.queue_partitions,
	    .max_bytes = c->conf.queue_max_bytes,
	    .timeout_ms = c->opt.timeout_ms,
	    .sqs = &c->conf.sqs};

	return queue_open(&settings, out, err) == ES_OK;
}

static int
ctl_queue_stats(struct ctl *c)
{
	struct queue_stats s;
	struct es_err err;
	struct queue *q;
	enum es_code rc;

	if (!ctl_needs(c, c->conf.redis_url, "ES_REDIS_URL"))
		return CTL_CONFIG;
	if (!ctl_queue_open(c, &q, &err))
		return ctl_fail(c, "%s", err.text);
	rc = queue_stats(q, &s, &err);
	queue_close(&q);
	if (rc != ES_OK)
		return ctl_fail(c, "%s", err.text);
	if (c->opt.json)
		(void)printf("{\"messages\":%" PRId64 ",\"bytes\":%" PRId64
			     ",\"maxBytes\":%" PRId64 ",\"oldestAgeMs\":%" PRId64 "}\n",
		    s.messages, s.bytes, c->conf.queue_max_bytes, s.oldest_age_ms);
	else
		(void)printf("messages  %" PRId64 "\nbytes     %" PRId64 " of %" PRId64
			     "\noldest    %" PRId64 " ms\n",
		    s.messages, s.bytes, c->conf.queue_max_bytes, s.oldest_age_ms);
	return CTL_OK;
}

static int
ctl_queue_run_stats(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "queue stats", "", 0, 0, NULL, ctl_queue_stats};

	return ctl_run(&spec, argc, argv);
}

static int
ctl_queue_run_dead(int argc, char **argv)
{
	static const struct ctl_spec spec = {"queue dead", "all", 1, 1 + REDRIVE_IDS_MAX,
	    "list [BEFORE], show ID, redrive ID... or drop ID", ctl_dead};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"stats", "",
	"print the messages and bytes in the queue, and the age of its oldest entry",
	ctl_queue_run_stats},
    {"dead", "list [BEFORE] | show ID | redrive ID...|--all | drop ID",
	"dead letters: list the newest 100 (below the id BEFORE), show one with its "
	"entry, "
	"send some again, delete one",
	ctl_queue_run_dead},
};

const struct ctl_noun ctl_queue = {"queue", verbs, ES_COUNT(verbs)};
