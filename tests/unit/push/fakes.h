/* Fakes of the hub, the database, Redis and the queue, linked in place of the real ones.
 * A result arrives only when the test calls fakes_run(). */
#ifndef TESTS_PUSH_FAKES_H
#define TESTS_PUSH_FAKES_H

#include <stdbool.h>
#include <stddef.h>

#include "conn/conn.h"
#include "core/err.h"
#include "pg/pg.h"
#include "queue/queue_guard.h"

#define FAKE_SENDS 64

struct fakes {
	enum es_code principal;   /* the result of the look-up of a user */
	bool guest;               /* the look-up returns the role guest, else member */
	const char *unknown_user; /* this user is unknown, even if principal is ES_OK */
	bool token_only;          /* the look-up refuses the token, not the user */
	unsigned lookups, users;  /* look-up statements, and users in them */
	const char *settings;     /* the settings of the tenant */
	enum es_code authz;       /* the answer about the right to send */
	bool pg_down;
	/* Sets *out for a statement that the fakes do not know, or returns false when the
	 * statement fails. If answer is NULL, every such statement fails. */
	bool (*answer)(
	    const struct pg_stmt *stmt, const char *const params[], struct pg_rows *out);
	enum es_code queue; /* the result of an enqueue */
	bool limited;       /* the guard of an enqueue refuses it */
	unsigned guards;    /* enqueues with a guard */
	bool hold;          /* fakes_run() delivers no result */
	enum es_code mark;  /* the result for each read mark */
	unsigned mark_statements, outcome_statements;
	size_t n_marks; /* number of marks in the last statement */
	int64_t marks[4];
	bool known;               /* a look-up of outcomes finds the outcome */
	int64_t envelope_version; /* what the database allows; at first the newest */
	unsigned version_statements;
	/* True: Redis accepts a script, and answers at fakes_answer_eval(). False: Redis
	 * is down. */
	bool hold_eval;
	/* True: Redis accepts a GETDEL, and answers at fakes_answer_text(). False: Redis
	 * is down. */
	bool hold_text;
	unsigned texts;     /* number of GETDEL commands */
	char text_key[128]; /* the key of the last one */

	/* Number of calls of each function of the hub. */
	unsigned opened, closed, writable, epochs, rights_checks;
	void (*on_writable)(struct conn *c);
	unsigned n_sent; /* envelopes handed to the queue */
	char sent[FAKE_SENDS][4096];
};
extern struct fakes fakes;

void fakes_reset(void);
/* Redis answers the script with 1. Returns false when no script is under way. */
bool fakes_answer_eval(void);
/* Redis answers the GETDEL with this string (NULL: nil), or the GETDEL fails with rc.
 * Returns false when no GETDEL is under way. */
bool fakes_answer_text(enum es_code rc, const char *value);
/* Delivers every result that is due now. Returns true when it delivered one. */
bool fakes_run(void);

/* The result of an enqueue, behind this guard if it has a reader. */
enum es_code fakes_enqueued(const struct queue_guard *guard, struct es_err *err);

#endif
