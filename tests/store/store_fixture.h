/* A migrated database for tests. Each program creates two tenants of its own, so that
 * programs can run at the same time. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "event/event.h"
#include "pg/pg.h"
#include "store/actor.h"

struct fixture {
	struct pg *pg;
	struct arena *arena;
	struct es_err err;
	/* Tenant acme has an owner, an admin, two members and a guest; globex an owner.
	 */
	struct actor owner, admin, bob, carol, guest, foreign;
};

/* Exits with status 77 and prints a reason when ES_TEST_DATABASE_URL is not
 * set. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
struct pg *fixture_connect(void);
/* Creates a user in the tenant of `who`; `who` is the creator. */
struct actor fixture_user(
    struct fixture *f, const struct actor *who, const char *name, const char *role);
struct channel_id fixture_channel(
    struct fixture *f, const struct actor *who, const char *name, bool is_private);
/* Commits one message as fanout does. client_id NULL: the server chooses one. */
struct outcome fixture_send(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, const char *client_id, const char *body);
/* Commits one edit, delete or reaction as fanout does. *sent receives its envelope; may
 * be NULL. key NULL: the server chooses one. */
struct outcome fixture_change(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, struct envelope_message change, const char *key,
    struct envelope *sent);
struct outcome fixture_react(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, int64_t target, enum envelope_op op,
    const char *emoji, struct envelope *sent);
/* An envelope with n messages of one sender, with these bodies and without client ids. */
struct envelope fixture_envelope(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, const char *const bodies[], size_t n);
/* Runs one statement with at most four text parameters in the tenant. Returns the first
 * column of the first row as a number, or -1 without a row. Exits on a failure. */
int64_t fixture_number(struct fixture *f, const struct tenant_id *tenant, const char *sql,
    const char *const params[], unsigned n);
/* Does the same in the role echostream_owner, which has rights that the programs lack. */
int64_t fixture_owner_number(struct fixture *f, const struct tenant_id *tenant,
    const char *sql, const char *const params[], unsigned n);

/* Checks that the call fails with this code and, unless text_ is NULL, with this text. */
#define REFUSED(f, call, code_, text_) \
	do { \
		CU_ASSERT_EQUAL((call), (code_)); \
		CU_ASSERT_EQUAL((f).err.code, (code_)); \
		if ((text_) != NULL) \
			CU_ASSERT_STRING_EQUAL((f).err.text, (text_)); \
	} while (0)
#define FINE(call) CU_ASSERT_EQUAL_FATAL((call), ES_OK)
#define SAME(a, b) CU_ASSERT_STRING_EQUAL((a).text, (b).text)

/* A suite with one fixture for all its cases. */
#define STORE_MAIN(name, cases, fixture) \
	static int setup(void) \
	{ \
		fixture_open(&(fixture)); \
		return 0; \
	} \
	static int cleanup(void) \
	{ \
		fixture_close(&(fixture)); \
		return 0; \
	} \
	CUNIT_MAIN_WITH(name, cases, setup, cleanup)

#endif
