#include <string.h>

#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/dead_letter_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct dead_letter *letters;
static size_t n;

static void
store_dead_letter(const char *position)
{
	const struct batch_dead dead = {.source = f.owner.tenant.text,
	    .source_id = position,
	    .reason = "malformed",
	    .entry = "\0\xff{",
	    .len = 3};

	FINE(batch_store_dead_letter(f.pg, NULL, &dead, f.arena, &f.err));
}

/* Counts the dead letters of this program: other programs of the suite run at the same
 * time. */
static size_t
count_own(void)
{
	size_t count = 0;

	FINE(dead_letter_store_list(f.pg, 0, 1000, f.arena, &letters, &n, &f.err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(letters[i].source, f.owner.tenant.text) == 0)
			letters[count++] = letters[i];
	return count;
}

static void
lists_shows_and_drops(void)
{
	store_dead_letter("1-0");
	store_dead_letter("2-0");
	CU_ASSERT_EQUAL_FATAL(count_own(), 2);
	CU_ASSERT_STRING_EQUAL(letters[0].source_id, "2-0");
	CU_ASSERT_STRING_EQUAL(letters[0].reason, "malformed");
	CU_ASSERT_STRING_EQUAL(letters[0].entry_64, "AP97");
	CU_ASSERT_EQUAL(letters[0].bytes, 3);
	CU_ASSERT_PTR_NULL(letters[0].tenant);

	const int64_t id = letters[0].id;

	FINE(dead_letter_store_list(f.pg, id + 1, 1, f.arena, &letters, &n, &f.err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(letters[0].id, id);
	FINE(dead_letter_store_list(f.pg, id, 1, f.arena, &letters, &n, &f.err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_TRUE(letters[0].id < id);
	FINE(dead_letter_store_drop(f.pg, id, f.arena, &f.err));
	REFUSED(f, dead_letter_store_drop(f.pg, id, f.arena, &f.err), ES_NOT_FOUND,
	    "no such dead letter");
	CU_ASSERT_EQUAL_FATAL(count_own(), 1);
	CU_ASSERT_STRING_EQUAL(letters[0].source_id, "1-0");
}

/* The test rolls the purge back, because it also deletes the dead letters of other test
 * programs. */
static void
deletes_old_letters_and_the_oldest_beyond_the_limit(void)
{
	int64_t gone;

	store_dead_letter("3-0");
	store_dead_letter("4-0");
	FINE(pg_begin(f.pg, &f.owner.tenant, &f.err));
	FINE(dead_letter_store_purge(f.pg, 3600, 1000, 100, f.arena, &gone, &f.err));
	CU_ASSERT_EQUAL(gone, 0);
	FINE(dead_letter_store_purge(f.pg, 3600, 1, 1000, f.arena, &gone, &f.err));
	CU_ASSERT_TRUE(gone >= 2);
	for (size_t i = count_own(); i > 0; i--)
		CU_ASSERT_STRING_NOT_EQUAL(letters[i - 1].source_id, "3-0");
	CU_ASSERT_TRUE(n >= 1);
	FINE(dead_letter_store_purge(f.pg, 0, 1000, 1, f.arena, &gone, &f.err));
	CU_ASSERT_EQUAL(gone, 1);
	pg_rollback(f.pg);
}

static CU_TestInfo cases[] = {
    {"lists, shows and drops", lists_shows_and_drops},
    {"deletes old letters and the oldest beyond the limit",
	deletes_old_letters_and_the_oldest_beyond_the_limit},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("dead_letter_store", cases, f)
