/* Dead letters: entries of the queue that PostgreSQL will never take, kept for an
 * operator. */
#ifndef STORE_DEAD_LETTER_STORE_H
#define STORE_DEAD_LETTER_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "event/envelope.h"
#include "pg/pg.h"

/* Texts that are not known are NULL. */
struct dead_letter {
	int64_t id, created_ms;
	const char *source, *source_id; /* stream or queue, and the position in it */
	const char *tenant, *channel, *envelope;
	const char *sqlstate, *reason;
	int64_t bytes;        /* size of the entry */
	const char *entry_64; /* the entry in base64, in one line */
};

/* Returns at most limit letters with an id below `before`, newest first. before 0: from
 * the newest on. The texts are allocated in the arena a. */
enum es_code dead_letter_store_list(struct pg *pg, int64_t before, int64_t limit,
    struct arena *a, struct dead_letter **out, size_t *n,
    struct es_err *err) ES_MUST_CHECK;

/* ES_NOT_FOUND: no letter has this id. */
enum es_code dead_letter_store_drop(
    struct pg *pg, int64_t id, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Deletes the letters that are older than keep_s seconds, and the oldest ones beyond max,
 * at most limit in a call. *gone is the number of deleted letters. */
enum es_code dead_letter_store_purge(struct pg *pg, int64_t keep_s, int64_t max,
    int64_t limit, struct arena *a, int64_t *gone, struct es_err *err) ES_MUST_CHECK;

/* To send a letter again: read it, give the envelope to the queue, then call
 * dead_letter_store_redriven(). A crash before that call keeps the letter. When an
 * operator then sends the letter once more, es_batch() finds the repeat by the key of the
 * message.
 *
 * Fills *out with the letter's envelope. When only one of its messages failed, *out holds
 * only that message, because the others have outcomes of their own. *out has no reply
 * topic. It has a new id, because a refusal holds for one id. The strings of *out are
 * allocated in the arena a. ES_NOT_FOUND: no letter has this id. ES_INVALID: the entry is
 * not an envelope. */
enum es_code dead_letter_store_redrive(struct pg *pg, int64_t id, struct arena *a,
    struct envelope *out, struct es_err *err) ES_MUST_CHECK;

/* Call it when the queue has the envelope. One transaction deletes the letter and
 * supersedes its refusal, so that a request for the outcome no longer gets the refusal.
 * Returns ES_OK also when the letter is gone. */
enum es_code dead_letter_store_redriven(struct pg *pg, int64_t id,
    const struct envelope *e, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
