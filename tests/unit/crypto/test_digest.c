/* Keys of messages and of operators depend on these digests. The expected values are the
 * examples of FIPS 180-4. */
#include <string.h>

#include "crypto/digest.h"

#include "cunit_main.h"

static void
sha_256_has_its_known_answers(void)
{
	static const struct {
		const char *text, *hex;
	} known[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	unsigned char sum[DIGEST_SHA256];
	char hex[2 * DIGEST_SHA256 + 1];

	for (unsigned i = 0; i < ES_COUNT(known); i++) {
		digest_sha256(
		    &(struct digest_part){known[i].text, strlen(known[i].text)}, 1, sum);
		digest_hex(sum, sizeof(sum), hex);
		CU_ASSERT_STRING_EQUAL(hex, known[i].hex);
	}
	digest_hex(sum, 0, hex);
	CU_ASSERT_STRING_EQUAL(hex, "");
}

static void
parts_are_hashed_as_one_text(void)
{
	unsigned char one[DIGEST_SHA256], three[DIGEST_SHA256];

	digest_sha256(&(struct digest_part){"abcdef", 6}, 1, one);
	digest_sha256(
	    (const struct digest_part[]){{"ab", 2}, {"", 0}, {"cdef", 4}}, 3, three);
	CU_ASSERT_EQUAL(memcmp(one, three, sizeof(one)), 0);
}

static void
digest_equal_compares_whole_texts(void)
{
	CU_ASSERT_TRUE(digest_equal("", ""));
	CU_ASSERT_TRUE(digest_equal("a key of an operator", "a key of an operator"));
	CU_ASSERT_FALSE(digest_equal("a key of an operator", "a key of an operatos"));
	CU_ASSERT_FALSE(digest_equal("a key", "a key of an operator"));
	CU_ASSERT_FALSE(digest_equal("", "x"));
}

static CU_TestInfo cases[] = {
    {"SHA-256 has its known answers", sha_256_has_its_known_answers},
    {"parts are hashed as one text", parts_are_hashed_as_one_text},
    {"digest_equal compares whole texts", digest_equal_compares_whole_texts},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("digest", cases)
