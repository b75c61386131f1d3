#include "fake_issuers.h"

#include <stdio.h>
#include <string.h>

#include "auth/token.h"
#include "core/check.h"
#include "core/clock.h"
#include "pg/pg_private.h"
#include "store/issuer_store.h"

#include "core/banned.h"

#define COLUMNS_MAX 13
#define RESULTS_MAX 4096

struct fake_issuers fake_issuers;

static PGresult *results[RESULTS_MAX]; /* fake_issuers_down() frees them */
static size_t n_results;

static PGresult *
new_result(const struct pg_stmt *stmt)
{
	static char names[COLUMNS_MAX][8];
	PGresAttDesc columns[COLUMNS_MAX] = {0};
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	CHECK(res != NULL && stmt->n_cols <= COLUMNS_MAX && n_results < RESULTS_MAX);
	for (unsigned i = 0; i < stmt->n_cols; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "c%u", i);
		columns[i].name = names[i];
	}
	CHECK(PQsetResultAttrs(res, (int)stmt->n_cols, columns) == 1);
	results[n_results++] = res;
	return res;
}

/* A value of NULL is SQL's NULL. PQsetvalue() copies the value, although its parameter is
 * not const. */
static void
add_row(PGresult *res, const char *const values[])
{
	const int row = PQntuples(res);
	char value[256];

	for (int i = 0; i < PQnfields(res); i++) {
		const int len = values[i] != NULL ? (int)strlen(values[i]) : -1;

		CHECK(len < (int)sizeof(value));
		if (values[i] != NULL)
			memcpy(value, values[i], (size_t)len + 1);
		CHECK(PQsetvalue(res, row, i, value, len) == 1);
	}
}

/* Copies the next element of an array parameter to `out`; the array must have no escapes.
 * Returns false at the end of the array. */
static bool
next_item(const char **at, char *out, size_t size)
{
	const char *begin_at = *at + strspn(*at, "{,");
	const bool quoted = *begin_at == '"';
	size_t len;

	if (*begin_at == '}')
		return false;
	begin_at += quoted;
	len = strcspn(begin_at, quoted ? "\"" : ",}");
	CHECK(len < size);
	memcpy(out, begin_at, len);
	out[len] = '\0';
	*at = begin_at + len + quoted;
	return true;
}

static void
add_keys(PGresult *res, const char *issuers)
{
	char iss[ISSUER_NAME_MAX + 1], secret[2 * sizeof(FAKE_SECRET)], ord[24],
	    tried[24];

	for (size_t i = 0; i < sizeof(FAKE_SECRET) - 1; i++)
		(void)snprintf(secret + 2 * i, 3, "%02x", (unsigned)FAKE_SECRET[i]);
	for (unsigned n = 1; next_item(&issuers, iss, sizeof(iss)); n++) {
		fake_issuers.names++;
		for (size_t i = 0; i < fake_issuers.n_keys; i++) {
			const struct fake_key *key = &fake_issuers.keys[i];

			if (strcmp(key->iss, iss) != 0)
				continue;
			(void)snprintf(ord, sizeof(ord), "%u", n);
			(void)snprintf(
			    tried, sizeof(tried), "%lld", (long long)key->tried_ms);
			add_row(res,
			    (const char *const[]){ord, FAKE_TENANT, key->kid, "HS256",
				secret, NULL, NULL, NULL, "1", key->provision ? "t" : "f",
				"f", key->has_url ? "t" : "f", tried});
		}
	}
}

static void
add_subjects(PGresult *res, const char *subjects)
{
	char subject[ISSUER_SUBJECT_MAX + 1], ord[24];

	for (unsigned n = 1; next_item(&subjects, subject, sizeof(subject)); n++) {
		fake_issuers.subjects++;
		(void)snprintf(ord, sizeof(ord), "%u", n);
		add_row(
		    res, (const char *const[]){ord, fake_issuers.key_deleted ? "f" : "t",
			     fake_issuers.user, fake_issuers.role});
	}
}

bool
fake_issuers_answer(
    const struct pg_stmt *stmt, const char *const params[], struct pg_rows *out)
{
	PGresult *res;

	if (stmt != &issuer_store_keys && stmt != &issuer_store_subjects &&
	    stmt != &issuer_store_provision && stmt != &issuer_store_want)
		return false;
	res = new_result(stmt);
	if (stmt == &issuer_store_keys) {
		fake_issuers.key_reads++;
		add_keys(res, params[1]);
	} else if (stmt == &issuer_store_subjects) {
		fake_issuers.subject_lookups++;
		add_subjects(res, params[3]);
	} else if (stmt == &issuer_store_provision) {
		fake_issuers.provisions++;
		fake_issuers.user = FAKE_SUBJECT;
		add_row(res,
		    (const char *const[]){"1", "t", FAKE_SUBJECT, fake_issuers.role});
	} else {
		fake_issuers.set_requests++;
		add_row(res, (const char *const[]){"t"});
	}
	*out = (struct pg_rows){
	    .res = (struct pg_result *)res, .stmt = stmt, .count = PQntuples(res)};
	return true;
}

void
fake_issuers_up(void)
{
	fake_issuers = (struct fake_issuers){.user = FAKE_SUBJECT, .role = "member"};
}

void
fake_issuers_down(void)
{
	while (n_results > 0)
		PQclear(results[--n_results]);
}

const char *
fake_issuers_token(struct arena *a, const char *iss, const char *kid)
{
	const struct token_key key = {
	    .kid = kid, .alg = TOKEN_HS256, .verify = FAKE_SECRET};
	const struct token_rules rules = {&key, 1, iss, "echostream", 30, false};
	const struct tenant_id tenant = {FAKE_TENANT};
	const struct user_id user = {FAKE_SUBJECT};
	const char *text;
	struct es_err err;

	CHECK(token_mint(&rules, &tenant, &user, clock_wall_ms() / 1000, 3600, a, &text,
		  &err) == ES_OK);
	return text;
}
