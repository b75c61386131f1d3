#include "token_forge.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/banned.h"

static const char *
base64url(struct arena *a, const unsigned char *bytes, size_t len)
{
	char *out = arena_alloc(a, len / 3 * 4 + 5);

	(void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		if (*p == '/')
			*p = '_';
		if (*p == '=')
			*p = '\0';
	}
	return out;
}

const char *
token_forge(
    struct arena *a, const char *head, const char *body, const char *secret, int bits)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	const char *text = arena_printf(a, "%s.%s",
	    base64url(a, (const unsigned char *)head, strlen(head)),
	    base64url(a, (const unsigned char *)body, strlen(body)));

	if (bits != 0)
		(void)HMAC(bits == 512 ? EVP_sha512() : EVP_sha256(), secret,
		    (int)strlen(secret), (const unsigned char *)text, strlen(text), mac,
		    &len);
	return arena_printf(a, "%s.%s", text, base64url(a, mac, len));
}
