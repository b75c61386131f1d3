/* Stand-ins, by linking, for what is around the sockets' side of a worker: the hub, the
 * database, Redis and the queue. Results come when fakes_run() is called, never before.
 */
#ifndef TESTS_PUSH_FAKES_H
#define TESTS_PUSH_FAKES_H

#include <stdbool.h>
#include <stddef.h>

#include "conn/conn.h"
#include "core/err.h"
#include "pg/pg.h"

#define FAKE_SENDS 64

struct fakes {
	enum es_code principal;  /* what the look-up of a user says */
	bool guest;              /* the role that it says; else member */
	const char *stranger;    /* this user is unknown, whatever principal is */
	bool token_only;         /* a refusal is of the token, not of the user */
	unsigned lookups, users; /* statements that look users up, and how many */
	const char *settings;    /* of the tenant */
	enum es_code authz;
	bool pg_down;
	/* Rows of a further statement; false: it is unknown, and fails. NULL: none. */
	bool (*answer)(
	    const struct pg_stmt *stmt, const char *const params[], struct pg_rows *out);
	enum es_code queue; /* result of an enqueue */
	bool hold;          /* nothing is delivered */
	enum es_code mark;  /* what the database says of a read mark */
	unsigned mark_statements, outcome_statements;
	size_t n_marks; /* of the last statement */
	int64_t marks[4];
	bool known; /* what a look-up of outcomes says */
	/* Redis is up and has not answered yet: fakes_eval_answers() does. Else it is
	 * down. */
	bool hold_eval;
	/* The same for commands that want an answer: fakes_text_answers(). */
	bool hold_text;
	unsigned texts;     /* such commands */
	char text_key[128]; /* of the last one */

	unsigned opened, closed, writable, epochs, doubted; /* calls of the hub's hooks */
	void (*on_writable)(struct conn *c);
	unsigned n_sent; /* envelopes handed to the queue */
	char sent[FAKE_SENDS][4096];
};
extern struct fakes fakes;

void fakes_reset(void);
/* The one script that was held is answered with 1. False: there was none. */
bool fakes_eval_answers(void);
/* The command that was held is answered with this string (NULL: nil), or fails. False:
 * there was none. */
bool fakes_text_answers(enum es_code rc, const char *value);
/* Deliver every result that is due now; true if there was any. */
bool fakes_run(void);

#endif
