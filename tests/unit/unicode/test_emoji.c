/* emoji_valid() accepts what people react with, and no text. */
#include "unicode/emoji.h"

#include <stdio.h>
#include <string.h>

#include "core/attr.h"
#include "cunit_main.h"

#include "core/banned.h"

static const char *const accepted[] = {
    "\U0001f44d",                                 /* thumbs up */
    "\U0001f44d\U0001f3fd",                       /* with a skin tone */
    "\u2764",                                     /* heart */
    "\u2764\ufe0f",                               /* heart, as an emoji */
    "\u00a9",                                     /* copyright */
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", /* family */
    "\U0001f468\U0001f3ff\u200d\u2695\ufe0f",     /* doctor with a skin tone */
    "\U0001f3f3\ufe0f\u200d\U0001f308",           /* rainbow flag */
    "\U0001f1e9\U0001f1ea",                       /* flag of two letters */
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "1\ufe0f\u20e3", /* keycap */
    "#\u20e3",
    "\U0001f3fb", /* a skin tone alone */
    ":party_parrot:",
    ":+1:",
    ":a:",
};

static const char *const refused[] = {
    "",
    "a",
    "1",
    "#",
    "ok",
    "\u00e4", /* a letter */
    "\u4e2d", /* an ideograph */
    " ",
    "\u00a0",
    "\U0001f44d ",
    "\n",
    "\u200d",
    "\ufe0f",
    "\u20e3",
    "\U0001f44d\U0001f44d", /* two emoji */
    "\U0001f44d\u200d",     /* a joiner joins nothing */
    "\u200d\U0001f44d",
    "\U0001f44d\ufe0e",               /* as text */
    "\U0001f44d\u0301",               /* with an accent */
    "\U0001f44d\U0001f3fd\U0001f3fd", /* two skin tones */
    "\U0001f1e9",                     /* half a flag */
    "\U0001f1e9\U0001f1ea\U0001f1eb",
    "\U0001f3f4\U000e0067",           /* tags without an end */
    "\U0001f44d\U000e0067\U000e007f", /* tags behind another emoji */
    "1\ufe0f",
    "::",
    ":",
    ":A:",
    ":a b:",
    ":a",
    "a:",
    ":a::",
    ":\U0001f44d:",
    "\xff",
    "\xf0\x9f\x91", /* cut off */
    "\U0001f44d\xff",
};

static void
accepts_what_unicode_calls_an_emoji(void)
{
	for (size_t i = 0; i < ES_COUNT(accepted); i++)
		if (!emoji_valid(accepted[i]))
			CU_FAIL(accepted[i]);
}

static void
refuses_everything_else(void)
{
	for (size_t i = 0; i < ES_COUNT(refused); i++)
		if (emoji_valid(refused[i]))
			CU_FAIL(refused[i]);
}

static void
has_a_limit(void)
{
	char name[EMOJI_MAX + 2];

	memset(name, 'a', sizeof(name));
	name[0] = name[EMOJI_MAX - 1] = ':';
	name[EMOJI_MAX] = '\0';
	CU_ASSERT(emoji_valid(name));
	name[EMOJI_MAX - 1] = 'a';
	name[EMOJI_MAX] = ':';
	name[EMOJI_MAX + 1] = '\0';
	CU_ASSERT_FALSE(emoji_valid(name));
}

static CU_TestInfo cases[] = {
    {"accepts what Unicode calls an emoji", accepts_what_unicode_calls_an_emoji},
    {"refuses everything else", refuses_everything_else},
    {"has a limit", has_a_limit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("unicode/emoji", cases)
