#include "auth/token_es256.h"

#include "token_data.h"

#include "cunit_main.h"

/* openssl ecparam -name secp384r1 -genkey | openssl ec -pubout */
#define P384 \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjVv75eZtJogimo68fgwr9xcx9cnRppnb\n" \
	"tV99pUVmnxWjVYj2u1BdoR3rDTQXnTdhPq8L7c1eR74CliwJsfDyBAwCsHzGtdbZ\n" \
	"dWYDOt97GHk/0vSdwGch+oVfQCFn4CEL\n" \
	"-----END PUBLIC KEY-----\n"

static void
only_a_public_key_on_p256_will_do(void)
{
	static const struct {
		const char *pem;
		enum es_code code;
	} keys[] = {
	    {TEST_ES256_PUBLIC, ES_OK},
	    {TEST_ES256_PRIVATE, ES_INVALID},
	    {P384, ES_INVALID},
	    {"", ES_INVALID},
	    {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", ES_INVALID},
	    {TEST_SECRET, ES_INVALID},
	};
	struct arena *a = arena_new();
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(keys); i++)
		CU_ASSERT_EQUAL(token_es256_check(keys[i].pem, a, &err), keys[i].code);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"only a public key on P-256 will do", only_a_public_key_on_p256_will_do},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("token_es256", cases)
