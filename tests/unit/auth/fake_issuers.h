/* A fake database with the issuers of tenants. The fake returns real results of libpq, so
 * that the tests read the columns with the code of the programs. */
#ifndef TESTS_UNIT_AUTH_FAKE_ISSUERS_H
#define TESTS_UNIT_AUTH_FAKE_ISSUERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "pg/pg.h"

#define FAKE_TENANT  "01900000-0000-7000-8000-000000000001"
#define FAKE_SUBJECT "01900000-0000-7000-8000-00000000a001" /* the sub of each token */
#define FAKE_SECRET  "0123456789abcdef0123456789abcdef"

/* A key with FAKE_SECRET as its secret. */
struct fake_key {
	const char *iss, *kid;
	bool has_url, provision;
	int64_t tried_ms;
};

struct fake_issuers {
	const struct fake_key *keys;
	size_t n_keys;
	const char *user; /* the user of each subject; NULL: unknown */
	const char *role; /* the role of that user */
	bool key_deleted; /* the key was deleted after the program read it */
	/* Number of statements of each kind so far. */
	unsigned key_reads, set_requests, subject_lookups, provisions;
	size_t names, subjects; /* number of issuers and subjects in these statements */
};
extern struct fake_issuers fake_issuers;

void fake_issuers_up(void);
/* Frees all rows that the fake has returned. */
void fake_issuers_down(void);
/* Sets *out to the rows of a statement of issuer_store.h. Returns false for any other
 * statement. */
bool fake_issuers_answer(
    const struct pg_stmt *stmt, const char *const params[], struct pg_rows *out);
/* Returns a valid token of the issuer, signed with FAKE_SECRET. */
const char *fake_issuers_token(struct arena *a, const char *iss, const char *kid);

#endif
