#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cunit_main.h"

#include "migration.h"

#include "core/banned.h"

static struct es_err err;
static char text[400];

static enum es_code
parse(const char *s, struct migration *out)
{
	err = (struct es_err){0};
	(void)snprintf(text, sizeof(text), "%s", s);
	return migration_parse(text, out, &err);
}

static void
splits_up_and_down(void)
{
	struct migration m;

	CU_ASSERT_EQUAL(
	    parse("-- about it\n\n-- migrate:up\nA;\nB;\n-- migrate:down\nC;\n", &m),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(m.up.sql, "A;\nB;\n");
	CU_ASSERT_STRING_EQUAL(m.down.sql, "C;\n");
	CU_ASSERT_EQUAL(m.up.line, 4);
	CU_ASSERT_EQUAL(m.down.line, 7);
	CU_ASSERT_TRUE(m.up.transaction && m.down.transaction);
}

static void
takes_dbmate_variants(void)
{
	struct migration m;

	CU_ASSERT_EQUAL(
	    parse("--migrate:up transaction:false\r\nA;\r\n--  migrate:down", &m), ES_OK);
	CU_ASSERT_FALSE(m.up.transaction);
	CU_ASSERT_TRUE(m.down.transaction);
	CU_ASSERT_STRING_EQUAL(m.down.sql, "");
	CU_ASSERT_EQUAL(
	    parse("-- migrate:up transaction:true\nA\n-- migrate:down\n", &m), ES_OK);
	CU_ASSERT_TRUE(m.up.transaction);
	/* a marker stands at the start of a line and is a whole word */
	CU_ASSERT_EQUAL(
	    parse("-- migrate:up\n -- migrate:down\n-- migrate:downs\n-- migrate:down\n",
		&m),
	    ES_OK);
	CU_ASSERT_EQUAL(m.down.line, 5);
}

static void
refuses_a_migration_without_down(void)
{
	static const char *const bad[] = {
	    "",
	    "-- nothing\n",
	    "-- migrate:up\nA;\n",
	    "-- migrate:down\nA;\n-- migrate:up\nB;\n",
	    "-- migrate:up\nA\n-- migrate:up\nB\n-- migrate:down\n",
	    "-- migrate:up\nA\n-- migrate:down\n-- migrate:down\n",
	    "A;\n-- migrate:up\n-- migrate:down\n",
	    "-- migrate:up transactions:no\n-- migrate:down\n",
	};

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct migration m;

		CU_ASSERT_EQUAL(parse(bad[i], &m), ES_INVALID);
		CU_ASSERT_NOT_EQUAL(err.text[0], '\0');
	}
}

static void
knows_checksums_of_earlier_texts(void)
{
	struct migration m;

	CU_ASSERT_EQUAL(
	    parse("-- echostream:was aa11\n-- echostream:was bb22\n-- migrate:up\n"
		  "-- echostream:was cc33\n-- migrate:down\n",
		&m),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(
	    m.head, "-- echostream:was aa11\n-- echostream:was bb22\n");
	CU_ASSERT_TRUE(
	    migration_had_checksum(&m, "aa11") && migration_had_checksum(&m, "bb22"));
	CU_ASSERT_FALSE(migration_had_checksum(&m, "cc33")); /* not in the head */
	CU_ASSERT_FALSE(migration_had_checksum(&m, "b22"));
	CU_ASSERT_EQUAL(parse("-- migrate:up\n-- migrate:down\n", &m), ES_OK);
	CU_ASSERT_STRING_EQUAL(m.head, "");
	CU_ASSERT_FALSE(migration_had_checksum(&m, "aa11"));
}

static void
finds_the_line_of_a_character(void)
{
	struct migration m;

	CU_ASSERT_EQUAL(
	    parse("-- migrate:up\n\xc3\xa4\xe2\x82\xac;\nx\n-- migrate:down\n", &m),
	    ES_OK);
	CU_ASSERT_EQUAL(migration_line(&m.up, 1), 2);
	CU_ASSERT_EQUAL(migration_line(&m.up, 3), 2);
	CU_ASSERT_EQUAL(migration_line(&m.up, 5), 3); /* 5th character, 8th byte */
	CU_ASSERT_EQUAL(migration_line(&m.up, 9999), 4);
}

static void
write_file(const char *dir, const char *name, const char *content)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fputs(content, file);
	(void)fclose(file);
}

static void
remove_file(const char *dir, const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CU_ASSERT_EQUAL(unlink(path), 0);
}

static const char good[] = "-- migrate:up\n-- migrate:down\n";

static void
loads_a_folder_by_version(void)
{
	char dir[] = "/tmp/test_migration.XXXXXX";
	struct migration_list list;
	struct arena *a = arena_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	write_file(dir, "20260102000000_b.sql", good);
	write_file(dir, "20260101000000_c.sql", good);
	write_file(dir, "README.md", "no migration");
	CU_ASSERT_EQUAL_FATAL(migration_load(dir, a, &list, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(list.n, 2);
	CU_ASSERT_STRING_EQUAL(list.items[0].version, "20260101000000");
	CU_ASSERT_STRING_EQUAL(list.items[1].name, "20260102000000_b.sql");
	CU_ASSERT_STRING_EQUAL(list.items[0].sha256, list.items[1].sha256);
	CU_ASSERT_EQUAL(strlen(list.items[0].sha256), 64);

	write_file(dir, "20260102000000_d.sql", good);
	CU_ASSERT_EQUAL(migration_load(dir, a, &list, &err), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "same version"));
	remove_file(dir, "20260102000000_d.sql");

	write_file(dir, "1_short.sql", good);
	CU_ASSERT_EQUAL(migration_load(dir, a, &list, &err), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "1_short.sql"));
	remove_file(dir, "1_short.sql");

	write_file(dir, "20260103000000_e.sql", "-- migrate:up\n");
	CU_ASSERT_EQUAL(migration_load(dir, a, &list, &err), ES_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "_e.sql: no -- migrate:down"));
	remove_file(dir, "20260103000000_e.sql");

	remove_file(dir, "20260102000000_b.sql");
	remove_file(dir, "20260101000000_c.sql");
	remove_file(dir, "README.md");
	CU_ASSERT_EQUAL_FATAL(migration_load(dir, a, &list, &err), ES_OK);
	CU_ASSERT_EQUAL(list.n, 0);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
	CU_ASSERT_EQUAL(migration_load(dir, a, &list, &err), ES_INVALID);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"splits up and down", splits_up_and_down},
    {"accepts dbmate's variants", takes_dbmate_variants},
    {"refuses a migration that cannot be reverted", refuses_a_migration_without_down},
    {"knows checksums of earlier texts", knows_checksums_of_earlier_texts},
    {"finds the line of a character", finds_the_line_of_a_character},
    {"loads a folder by version", loads_a_folder_by_version},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("migration", cases)
