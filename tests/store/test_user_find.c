/* Finds users by address, by the beginning of a name, by role and by status. */
#include <string.h>

#include "core/check.h"
#include "core/text.h"
#include "cunit_main.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

/* Reads all pages, of two users each. Returns the display names, each followed by a
 * blank. */
static const char *
found(const struct user_filter *filter)
{
	const struct user_id *after = NULL;
	struct user_page page;
	struct text names;

	text_init(&names, f.arena, 4096);
	do {
		FINE(user_store_list(
		    f.pg, &f.bob, filter, after, 2, f.arena, &page, &f.err));
		for (size_t i = 0; i < page.n; i++)
			text_addf(&names, "%s ", page.items[i].display_name);
		if (page.n > 0)
			after = &page.items[page.n - 1].id;
	} while (page.more);
	return names.data;
}

#define FOUND(names, ...) \
	CU_ASSERT_STRING_EQUAL(found(&(struct user_filter){__VA_ARGS__}), names)

static void
finds_users_by_address(void)
{
	FOUND("Bob ", .email = "bob@example.test");
	FOUND("Bob ", .email = "\xef\xbc\xa2OB@EXAMPLE.test");
	FOUND("", .email = "bob@example.tes");
	FOUND("", .email = "bob@example.test", .role = "guest");
	FOUND("Gina ", .email = "x@x");
}

static void
finds_users_by_external_id(void)
{
	FOUND("Gina ", .external_id = "gina-7");
	FOUND("", .external_id = "Gina-7");
	FOUND("", .external_id = "gina-7", .role = "owner");
}

static void
finds_users_by_the_beginning_of_the_name_in_order(void)
{
	FOUND("Ada Alice ", .name_prefix = "a");
	FOUND("Alice ", .name_prefix = "AL");
	FOUND("", .name_prefix = "lice");
	FOUND("", .name_prefix = "a%");
	FOUND("Zoe Zoey Zo\xc3\xab ",
	    .name_prefix = "zo"); /* ordered by the bytes of the key */
	FOUND("Zo\xc3\xab ", .name_prefix = "ZOE\xcc\x88");
	FOUND("Ada ", .name_prefix = "a", .role = "admin");
}

static void
finds_users_by_role_and_status(void)
{
	FOUND("Alice ", .role = "owner");
	FOUND("Gus ", .role = "guest", .status = "active");
	FOUND("", .role = "guest", .status = "deactivated");
	FOUND("Carol ", .status = "deactivated");
	FOUND("Deleted user ", .status = "deleted");
	FOUND("", .name_prefix = "deleted");
	FOUND("Deleted user ", .name_prefix = "deleted", .status = "deleted");
}

static CU_TestInfo cases[] = {
    {"finds users by address", finds_users_by_address},
    {"finds users by external id", finds_users_by_external_id},
    {"finds users by the beginning of the name, in order",
	finds_users_by_the_beginning_of_the_name_in_order},
    {"finds users by role and status", finds_users_by_role_and_status},
    CU_TEST_INFO_NULL,
};

static int
setup(void)
{
	const char *const more[] = {"Zoey", "Zo\xc3\xab", "Zoe"};
	const struct user_new gina = {
	    .email = "X@x", .display_name = "Gina", .external_id = "gina-7"};
	struct actor gone;
	struct user user;

	fixture_open(&f);
	for (size_t i = 0; i < ES_COUNT(more); i++)
		(void)fixture_user(&f, &f.owner, more[i], "member");
	gone = fixture_user(&f, &f.owner, "gone", "member");
	CHECK(user_store_create(f.pg, &f.owner, &gina, f.arena, &user, &f.err) == ES_OK);
	CHECK(user_store_deactivate(
		  f.pg, &f.owner, &f.carol.user, f.arena, &user, &f.err) == ES_OK);
	CHECK(user_store_delete(f.pg, &f.owner, &gone.user, f.arena, &user, &f.err) ==
	      ES_OK);
	return 0;
}

static int
cleanup(void)
{
	fixture_close(&f);
	return 0;
}

CUNIT_MAIN_WITH("user_find", cases, setup, cleanup)
