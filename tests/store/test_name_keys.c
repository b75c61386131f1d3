/* Names that look alike are one name for users and channels. It does not matter whether a
 * program that knows keys, an older program or the migration writes the row. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/user_store.h"
#include "store_fixture.h"
#include "unicode/unicode.h"

#include "core/banned.h"

static struct fixture f;

/* a name and another spelling of it */
static const char *const alike[][2] = {
    {"caf\xc3\xa9", "CAFE\xcc\x81"},
    {"g\xe2\x80\x8b"
     "eneral",
	"General"},
    {"\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82"},
    {"stra\xc3\x9f"
     "e",
	"STRASSE"},
    {"\xef\xbc\xa1\xef\xbc\xa2", "ab"},
    {"INFO", "info"},
    {"no\xc2\xa0"
     "break",
	"no break"},
};

static enum es_code
create_channel(const char *name)
{
	const struct channel_new in = {.name = name};
	struct channel made;

	return channel_store_create(f.pg, &f.bob, &in, f.arena, &made, &f.err);
}

static enum es_code
create_user(const char *name)
{
	const struct user_new in = {
	    .display_name = "x", .email = arena_printf(f.arena, "%s@x", name)};
	struct user made;

	return user_store_create(f.pg, &f.owner, &in, f.arena, &made, &f.err);
}

static void
refuses_a_second_spelling_of_a_name(void)
{
	for (size_t i = 0; i < ES_COUNT(alike); i++) {
		FINE(create_channel(alike[i][0]));
		REFUSED(f, create_channel(alike[i][1]), ES_NAME_TAKEN, NULL);
		FINE(create_user(alike[i][0]));
		REFUSED(f, create_user(alike[i][1]), ES_EMAIL_TAKEN, NULL);
	}
}

static void
a_change_of_the_name_changes_its_key(void)
{
	const struct user_patch mail = {.email = "D\xc3\x96RTE@x"};
	const struct user_new twin = {.display_name = "x", .email = "do\xcc\x88rte@X"};
	const struct channel_id id = fixture_channel(&f, &f.bob, "before", false);
	const struct channel_patch name = {.name = "After"};
	struct channel c;
	struct event event;
	struct user u;

	FINE(user_store_patch(f.pg, &f.owner, &f.carol.user, &mail, f.arena, &u, &f.err));
	REFUSED(f, user_store_create(f.pg, &f.owner, &twin, f.arena, &u, &f.err),
	    ES_EMAIL_TAKEN, NULL);
	FINE(channel_store_patch(f.pg, &f.bob, &id, &name, f.arena, &c, &event, &f.err));
	REFUSED(f, create_channel("AFTER"), ES_NAME_TAKEN, NULL);
	FINE(create_channel("BEFORE"));
}

/* Writes a row as an older program does, without keys. */
static void
rows_that_an_older_program_writes_get_keys(void)
{
	const char *const params[] = {f.owner.tenant.text, "O\xcc\x88sten@x"};
	const char *const renamed[] = {
	    f.owner.tenant.text, f.bob.user.text, "W\xc3\x89sten@x"};

	FINE(create_user("b\xc3\xb6rse"));
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "INSERT INTO users (tenant_id, id, email, display_name)"
			    " VALUES ($1, gen_random_uuid(), $2, 'x')"
			    " RETURNING (email_key = U&'\\00F6sten@x')::integer",
			    params, 2),
	    1);
	REFUSED(f, create_user("\xc3\x96sten"), ES_EMAIL_TAKEN, NULL);
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "UPDATE users SET email = COALESCE($3, email),"
			    " display_name = COALESCE(NULL, display_name)"
			    " WHERE tenant_id = $1 AND id = $2 RETURNING 1",
			    renamed, 3),
	    1);
	REFUSED(f, create_user("we\xcc\x81sten"), ES_EMAIL_TAKEN, NULL);
}

static void
put(char *s, unsigned c)
{
	const unsigned char bytes[] = {(unsigned char)(0xf0 | c >> 18),
	    (unsigned char)((c < 0x10000 ? 0xe0 : 0x80) | (c >> 12 & 0x3f)),
	    (unsigned char)((c < 0x800 ? 0xc0 : 0x80) | (c >> 6 & 0x3f)),
	    (unsigned char)((c < 0x80 ? 0 : 0x80) | (c & (c < 0x80 ? 0x7f : 0x3f)))};
	const size_t skip = c < 0x80 ? 3 : c < 0x800 ? 2 : c < 0x10000 ? 1 : 0;

	memcpy(s, bytes + skip, 4 - skip);
	s[4 - skip] = '\0';
}

/* Counts the characters of planes 0, 1 and 14 whose key from es_name_key() differs from
 * the key of the programs. Each character is put between two letters, so that it is not
 * trimmed. The ICU of PostgreSQL and utf8proc may have different versions of Unicode, so
 * a few new letters may differ. Cherokee may differ, too, because it folds to capitals.
 */
#define CHUNK          4096
#define DIFFER_AT_MOST 300
static void
the_database_makes_nearly_the_same_keys(void)
{
	const char *names[CHUNK], *keys[CHUNK];
	int64_t differ = 0;

	for (unsigned from = 1; from < 0xe1000; from += CHUNK) {
		struct arena *a = arena_new();
		const char *params[2];
		size_t n = 0;

		if (from >= 0x20000 && from < 0xe0000)
			from = 0xe0001;
		for (unsigned c = from; c < from + CHUNK; c++) {
			char s[16] = "a";

			if ((c >= 0xd800 && c <= 0xdfff) || c == 0x01)
				continue;
			put(s + 1, c);
			memcpy(s + strlen(s), "z", 2);
			names[n] = arena_strdup(a, s);
			keys[n++] = unicode_key(s, a);
		}
		params[0] = pg_array(a, names, n);
		params[1] = pg_array(a, keys, n);
		differ += fixture_number(&f, &f.owner.tenant,
		    "SELECT count(*) FROM unnest($1::text[], $2::text[]) AS t (name, key)"
		    " WHERE es_name_key(t.name) COLLATE \"C\" <> t.key",
		    params, 2);
		arena_free(&a);
	}
	(void)printf("%lld differ ", (long long)differ);
	CU_ASSERT_TRUE(differ <= DIFFER_AT_MOST);
}

static CU_TestInfo cases[] = {
    {"refuses a second spelling of a name", refuses_a_second_spelling_of_a_name},
    {"a change of the name changes its key", a_change_of_the_name_changes_its_key},
    {"rows that an older program writes get keys",
	rows_that_an_older_program_writes_get_keys},
    {"the database makes nearly the same keys", the_database_makes_nearly_the_same_keys},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("name_keys", cases, f)
