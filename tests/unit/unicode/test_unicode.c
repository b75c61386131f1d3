/* Names that look alike have one key, in any locale. unicode_visible() finds invisible
 * names. */
#include "unicode/unicode.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "core/parse.h"
#include "cunit_main.h"

#include "core/banned.h"

static struct arena *mem;

/* Pairs of names with the same key. The first three are from bug reports: NFC and NFD, a
 * zero width space, a final sigma. */
static const char *const alike[][2] = {
    {"caf\xc3\xa9", "cafe\xcc\x81"},
    {"general", "gen\xe2\x80\x8b"
		"eral"},
    {"\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82"},
    {"j\xc3\xbcrgen@x.test", "JU\xcc\x88RGEN@x.test"}, {"general", " general"},
    {"general", "general\xc2\xa0"}, {"general", "\xe2\x80\x83general\xe2\x80\x8b "},
    {"general", "general\xe2\xa0\x80"},
    {"general", "\xef\xbd\x87\xef\xbd\x85neral"}, /* full width */
    {"STRASSE", "stra\xc3\x9f"
		"e"},
    {"INFO", "info"}, {"\xc4\xb0@x", "i\xcc\x87@x"}, /* U+0130 is i with a dot */
    {"\xce\xb1\xcd\x85\xcc\x81",
	"\xe1\xbe\xb4"},        /* iota below, then accent: one letter */
    {"\xef\xac\x81ne", "fine"}, /* the ligature fi */
    {"a\xf3\xa0\x94\x80"
     "b",
	"ab"}, /* a reserved default-ignorable character */
    {"soft\xc2\xadhyphen", "softhyphen"},
    {"a\xe2\x80\x8d"
     "b",
	"ab"}, /* a joiner alone is not visible */
};

static const char *const different[][2] = {
    {"cafe", "caf\xc3\xa9"}, {"gen eral", "gen  eral"},
    {"i@x", "\xc4\xb1@x"}, /* dotless i is another letter */
    {"\xc4\xb0@x", "i@x"},
    {"a", "\xd0\xb0"}, /* Cyrillic a looks like Latin a, but a key does not equate them */
};

static void
names_that_look_alike_have_one_key(void)
{
	for (size_t i = 0; i < ES_COUNT(alike); i++)
		if (strcmp(unicode_key(alike[i][0], mem),
			unicode_key(alike[i][1], mem)) != 0)
			CU_FAIL(alike[i][1]);
	for (size_t i = 0; i < ES_COUNT(different); i++)
		if (strcmp(unicode_key(different[i][0], mem),
			unicode_key(different[i][1], mem)) == 0)
			CU_FAIL(different[i][1]);
}

/* In a Turkish locale towlower() would change I to a dotless i. */
static void
does_not_depend_on_the_locale(void)
{
	static const char *const locales[] = {"C", "C.UTF-8", "tr_TR.UTF-8"};

	for (size_t i = 0; i < ES_COUNT(locales); i++) {
		if (setlocale(LC_ALL, locales[i]) == NULL)
			continue; /* the locale is not installed */
		names_that_look_alike_have_one_key();
	}
	(void)setlocale(LC_ALL, "C");
}

static void
stores_names_composed_and_trimmed(void)
{
	static const char *const names[][2] = {
	    {"  Bob  ", "Bob"},
	    {"\t\xc2\xa0"
	     "Bob\xe3\x80\x80",
		"Bob"},
	    {"Jo  Doe", "Jo  Doe"},
	    {"cafe\xcc\x81", "caf\xc3\xa9"},
	    {"\xef\xac\x81ne", "\xef\xac\x81ne"}, /* compatibility forms stay */
	    {"", ""},
	    {" \xe2\x80\x83", ""},
	    {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", /* joined emoji stay */
		"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"},
	};

	for (size_t i = 0; i < ES_COUNT(names); i++)
		CU_ASSERT_STRING_EQUAL(unicode_clean(names[i][0], mem), names[i][1]);
}

static void
finds_texts_without_a_visible_character(void)
{
	static const char *const unseen[] = {"", " ", "\n\t", "\xc2\xa0", "\xc2\xad",
	    "\xe2\x80\x83", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xe3\x85\xa4",
	    "\xe2\xa0\x80", "\xe2\x81\xa0", "\xe1\x85\x9f", "\xef\xbe\xa0",
	    "\xe2\x80\x8d", "\xe1\xa0\x8e", "\xcd\x8f", "\xf3\xa0\x81\x81",
	    "\xf3\xa0\x94\x80", "\xe2\x81\xa5", "\x01",
	    " \xe2\x80\x8b\xc2\xa0\xe3\x85\xa4\xe2\xa0\x80 "};
	static const char *const seen[] = {"a", " a", "\xe2\x80\x8b.", "\xd7\xa9",
	    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "\xcc\x81", "\xe2\xa0\x81"};

	for (size_t i = 0; i < ES_COUNT(unseen); i++)
		if (unicode_visible(unseen[i]))
			CU_FAIL(unseen[i]);
	for (size_t i = 0; i < ES_COUNT(seen); i++)
		if (!unicode_visible(seen[i]))
			CU_FAIL(seen[i]);
}

static void
finds_bidi_controls_and_blanks(void)
{
	static const char *const with_bidi[] = {"Bob\xe2\x80\xae",
	    "\xe2\x81\xa6"
	    "Bob",
	    "Bob\xe2\x80\xaa", "a\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
	    "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9"};
	static const char *const without_bidi[] = {"Bob", "\xd7\xa9\xd7\x9c",
	    "a\xe2\x80\x8c"
	    "b",
	    "a\xe2\x80\x8d"
	    "b",
	    "a\xe2\x80\x8e", "a\xe2\x81\xaa", "a\xe2\x80\xa9",
	    "a\xe2\x80\xaf"
	    "b"};

	for (size_t i = 0; i < ES_COUNT(with_bidi); i++)
		if (!unicode_has_bidi(with_bidi[i]))
			CU_FAIL(with_bidi[i]);
	for (size_t i = 0; i < ES_COUNT(without_bidi); i++)
		if (unicode_has_bidi(without_bidi[i]))
			CU_FAIL(without_bidi[i]);
	CU_ASSERT_TRUE(unicode_has_white_space("a\xc2\xa0"
					       "b"));
	CU_ASSERT_FALSE(unicode_has_white_space("a\xe2\x80\x8b"
						"b"));
}

/* The key of a key is the same key. Tries each code point alone. */
static void
a_key_of_a_key_is_the_same_key(void)
{
	for (unsigned c = 1; c <= 0x10ffff; c++) {
		char s[5];
		struct arena *a;
		const char *once;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c < 0x80)
			(void)snprintf(s, sizeof(s), "%c", (int)c);
		else if (c < 0x800)
			(void)snprintf(s, sizeof(s), "%c%c", (int)(0xc0 | c >> 6),
			    (int)(0x80 | (c & 0x3f)));
		else if (c < 0x10000)
			(void)snprintf(s, sizeof(s), "%c%c%c", (int)(0xe0 | c >> 12),
			    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
		else
			(void)snprintf(s, sizeof(s), "%c%c%c%c", (int)(0xf0 | c >> 18),
			    (int)(0x80 | (c >> 12 & 0x3f)), (int)(0x80 | (c >> 6 & 0x3f)),
			    (int)(0x80 | (c & 0x3f)));
		a = arena_new();
		once = unicode_key(s, a);
		if (strcmp(once, unicode_key(once, a)) != 0)
			CU_FAIL(s);
		if (strcmp(once, unicode_key(unicode_clean(s, a), a)) != 0)
			CU_FAIL(s);
		arena_free(&a);
	}
}

static void
limits_the_length_that_a_character_expands_to(void)
{
	/* U+FDFA expands most: from 3 bytes to 33. */
	CU_ASSERT_EQUAL(strlen(unicode_key("\xef\xb7\xba", mem)), 33);
}

static int
set_up(void)
{
	mem = arena_new();
	return 0;
}

static int
tear_down(void)
{
	arena_free(&mem);
	return 0;
}

static CU_TestInfo cases[] = {
    {"names that look alike have one key", names_that_look_alike_have_one_key},
    {"does not depend on the locale", does_not_depend_on_the_locale},
    {"stores names composed and trimmed", stores_names_composed_and_trimmed},
    {"finds texts without a visible character", finds_texts_without_a_visible_character},
    {"finds bidi controls and blanks", finds_bidi_controls_and_blanks},
    {"a key of a key is the same key", a_key_of_a_key_is_the_same_key},
    {"limits the length that a character expands to",
	limits_the_length_that_a_character_expands_to},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN_WITH("unicode/unicode", cases, set_up, tear_down)
