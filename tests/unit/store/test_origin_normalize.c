/* origin_normalize() changes a tenant's origin to the form that browsers send. It refuses
 * an origin that no browser sends, with a suggestion. */
#include <string.h>

#include "cunit_main.h"
#include "store/origin_normalize.h"
#include "store/origin_store.h"

#include "core/banned.h"

static void
returns_the_form_that_browsers_send(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"https://a.test", "https://a.test"},
	    {"HTTPS://Chat.A.test", "https://chat.a.test"},
	    {"https://a.test:443", "https://a.test"},
	    {"http://a.test:80", "http://a.test"},
	    {"http://a.test:443", "http://a.test:443"},
	    {"https://a.test:80", "https://a.test:80"},
	    {"https://a.test:65535", "https://a.test:65535"},
	    {"http://localhost:3000", "http://localhost:3000"},
	    {"http://127.0.0.1:1", "http://127.0.0.1:1"},
	    {"http://[::1]:8080", "http://[::1]:8080"},
	    {"http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"},
	    {"https://xn--mller-kva.test", "https://xn--mller-kva.test"},
	    {"https://a_b.test.", "https://a_b.test."},
	    {"tauri://localhost", "tauri://localhost"},
	    {"capacitor://localhost", "capacitor://localhost"},
	    {"chrome-extension://abcdefghijklmnop",
		"chrome-extension://abcdefghijklmnop"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const char *fault, *out = origin_normalize(rows[i].text, a, &fault);

		if (out == NULL || strcmp(out, rows[i].want) != 0)
			CU_FAIL(rows[i].text);
		CU_ASSERT_PTR_NULL(fault);
	}
	arena_free(&a);
}

static void
refuses_with_a_suggestion(void)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
	    {"https://u:p@x.test", "password"},
	    {"https://u@x.test", "password"},
	    {"https://x.test:65536", "1 to 65535"},
	    {"https://x.test:99999", "1 to 65535"},
	    {"https://x.test:0", "1 to 65535"},
	    {"https://x.test:", "1 to 65535"},
	    {"https://x.test:0443", "1 to 65535"},
	    {"https://x.test:80:80", "1 to 65535"},
	    {"https://m\xc3\xbcller.test", "punycode"},
	    {"https://*.test", "wildcards"},
	    {"*", "wildcards"},
	    {"wss://x.test", "origin of the page"},
	    {"https://x.test/", "without a path"},
	    {"https://x.test?a", "without a path"},
	    {"x.test", "scheme://"},
	    {"null", "scheme://"},
	    {"https://", "scheme://"},
	    {"1http://x.test", "scheme://"},
	    {"https://a..test", "hyphens"},
	    {"https://.test", "hyphens"},
	    {"https://a%20.test", "hyphens"},
	    {"https://127.1", "hyphens"},
	    {"https://1.2.3.256", "hyphens"},
	    {"https://[::1", "IPv6"},
	    {"https://[1.2.3.4]", "IPv6"},
	    {"https://[::ffff:1.2.3.4]", "IPv6"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const char *fault = NULL;

		if (origin_normalize(rows[i].text, a, &fault) != NULL || fault == NULL ||
		    strstr(fault, rows[i].words) == NULL)
			CU_FAIL(rows[i].text);
	}
	arena_free(&a);
}

static void
refuses_an_origin_longer_than_origin_max(void)
{
	static const char head[] = "app://";
	char text[ORIGIN_MAX + 2];
	struct arena *a = arena_new();
	const char *fault;

	for (size_t len = ORIGIN_MAX; len <= ORIGIN_MAX + 1; len++) {
		for (size_t i = 0; i < len; i++)
			text[i] = i % 32 == 31 ? '.' : 'a';
		memcpy(text, head, sizeof(head) - 1);
		text[len] = '\0';
		CU_ASSERT_EQUAL(
		    origin_normalize(text, a, &fault) != NULL, len == ORIGIN_MAX);
	}
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"returns the form that browsers send", returns_the_form_that_browsers_send},
    {"refuses with a suggestion", refuses_with_a_suggestion},
    {"refuses an origin longer than ORIGIN_MAX",
	refuses_an_origin_longer_than_origin_max},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("store/origin_normalize", cases)
