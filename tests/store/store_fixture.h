/* A migrated database for the tests that need one: two tenants of their own a program, so
 * that programs can run side by side. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "pg/pg.h"
#include "store/actor.h"

struct fixture {
	struct pg *pg;
	struct arena *arena;
	struct es_err err;
	/* Tenant acme: an owner, an admin, two members, a guest. Tenant globex: an owner.
	 */
	struct actor owner, admin, bob, carol, guest, foreign;
};

/* Ends the program with 77 and the reason when ES_TEST_DATABASE_URL is not set. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
struct pg *fixture_connect(void);
/* A user of the same tenant as who, made by who. */
struct actor fixture_user(
    struct fixture *f, const struct actor *who, const char *name, const char *role);
/* One statement with at most four text parameters in the tenant; the first column of the
 * first row as a number, -1 for no row. Anything that goes wrong ends the program. */
int64_t fixture_number(struct fixture *f, const struct tenant_id *tenant, const char *sql,
    const char *const params[], unsigned n);

#endif
