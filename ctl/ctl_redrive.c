#include "ctl_redrive.h"

#include <inttypes.h>
#include <string.h>

#include "core/check.h"
#include "core/parse.h"
#include "event/envelope.h"
#include "queue/queue.h"
#include "store/dead_letter_store.h"
#include "store/partition_store.h"

#include "ctl_find.h"
#include "ctl_queue.h"

#include "core/banned.h"

#define REDRIVE_PAGE 100 /* letters of one list; an entry has up to 240 KiB */

struct ids {
	int64_t *at;
	size_t n, size;
};

static void
ctl_redrive_add(struct ids *ids, int64_t id)
{
	if (ids->n == ids->size) {
		ids->size = ids->size == 0 ? REDRIVE_PAGE : 2 * ids->size;
		ids->at = mem_grow(ids->at, ids->size * sizeof(*ids->at));
	}
	ids->at[ids->n++] = id;
}

static bool
ctl_redrive_read_ids(const struct ctl *c, struct ids *out)
{
	for (int i = 1; i < c->n_words; i++) {
		int64_t id;

		if (!parse_int(c->words[i], 1, INT64_MAX - 1, &id))
			return false;
		ctl_redrive_add(out, id);
	}
	return true;
}

/* Lists the oldest letter first, so that the messages of a sender keep their order.
 * Leaves out letters that arrive during the run: otherwise a run would never finish when
 * a message fails again and again. */
static enum es_code
ctl_redrive_find_all(struct pg *pg, struct ids *out, struct es_err *err)
{
	struct arena *a = arena_new();
	struct dead_letter *letters;
	enum es_code rc = ES_OK;
	int64_t before = 0;
	size_t n;

	do {
		arena_reset(a);
		rc = dead_letter_store_list(
		    pg, before, REDRIVE_PAGE, a, &letters, &n, err);
		for (size_t i = 0; rc == ES_OK && i < n; i++)
			ctl_redrive_add(out, before = letters[i].id);
	} while (rc == ES_OK && n == REDRIVE_PAGE);
	for (size_t i = 0; i < out->n / 2; i++) {
		const int64_t id = out->at[i];

		out->at[i] = out->at[out->n - 1 - i];
		out->at[out->n - 1 - i] = id;
	}
	arena_free(&a);
	return rc;
}

/* fanout keeps a row for each partition that it reads. An entry in a partition that no
 * fanout reads would stay there for ever, after its letter was deleted. */
static enum es_code
ctl_redrive_check_partitions(struct pg *pg, const struct queue *q, struct es_err *err)
{
	const int64_t here = queue_partitions(q);
	struct arena *a = arena_new();
	struct partition *rows;
	int64_t known = 0, held = 0;
	size_t n = 0;
	enum es_code rc = here == 0 ? ES_OK : partition_store_list(pg, a, &rows, &n, err);

	for (size_t i = 0; rc == ES_OK && i < n; i++) {
		const int64_t least = rows[i].number + 1;

		known = least > known ? least : known;
		held = rows[i].held && least > held ? least : held;
	}
	if (rc == ES_OK && (here > known || here < held))
		rc = es_fail(err, ES_INVALID,
		    "ES_QUEUE_PARTITIONS is %" PRId64 " here, and fanout reads %" PRId64
		    " partitions",
		    here, held > 0 ? held : known);
	arena_free(&a);
	return rc;
}

/* Adds the message to the queue before it deletes the letter. After a crash in between
 * the letter is still there, and fanout finds a second delivery to be a repeat. */
static enum es_code
ctl_redrive_one(
    struct pg *pg, struct queue *q, int64_t id, struct arena *a, struct es_err *err)
{
	struct envelope e;
	struct text t;

	TRY(dead_letter_store_redrive(pg, id, a, &e, err));
	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(&e, &t);
	if (t.overflow)
		return es_fail(err, ES_TOO_LARGE, "too large for the queue");
	TRY(queue_send(q,
	    &(struct queue_msg){.body = t.data,
		.len = t.len,
		.group = e.channel.text,
		.dedupe = e.id.text},
	    err));
	return dead_letter_store_redriven(pg, id, &e, a, err);
}

/* Continues after a letter that can't be sent, but stops when a service does not answer.
 */
static int
ctl_redrive_each(
    const struct ctl *c, struct pg *pg, struct queue *q, const struct ids *ids)
{
	struct arena *a = arena_new();
	size_t n_sent = 0, n_tried = 0;
	bool away = false;

	while (!away && n_tried < ids->n) {
		const int64_t id = ids->at[n_tried++];
		struct es_err err;
		const enum es_code rc = ctl_redrive_one(pg, q, id, a, &err);

		arena_reset(a);
		n_sent += rc == ES_OK;
		away = rc == ES_UNAVAILABLE || rc == ES_QUEUE_FULL || rc == ES_INTERNAL;
		if (rc != ES_OK)
			(void)ctl_fail(c, "dead letter %" PRId64 ": %s", id, err.text);
	}
	arena_free(&a);
	ctl_note(c, "%zu of %zu dead letters were sent again", n_sent, ids->n);
	return n_sent == ids->n ? CTL_OK : CTL_FAILED;
}

int
ctl_redrive(struct ctl *c)
{
	struct ids ids = {0};
	struct es_err err;
	struct queue *q = NULL;
	struct pg *pg;
	int status = CTL_FAILED;

	if (c->opt.all == (c->n_words > 1))
		return ctl_usage(c, "redrive takes either ID... or --all");
	if (!ctl_redrive_read_ids(c, &ids)) {
		mem_free(ids.at);
		return ctl_usage(c, "ID must be a whole number, at least 1");
	}
	pg = ctl_find_database(c);
	if (pg != NULL && !ctl_queue_open(c, &q, &err))
		(void)ctl_fail(c, "%s", err.text);
	else if (pg != NULL && ctl_redrive_check_partitions(pg, q, &err) != ES_OK)
		(void)ctl_fail(c, "%s", err.text);
	else if (pg != NULL && c->opt.all &&
		 ctl_redrive_find_all(pg, &ids, &err) != ES_OK)
		(void)ctl_fail(c, "%s", err.text);
	else if (pg != NULL)
		status = ctl_redrive_each(c, pg, q, &ids);
	queue_close(&q);
	mem_free(ids.at);
	return status;
}
