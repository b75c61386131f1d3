/* Any bytes as a PROXY header (in one piece and byte by byte), as X-Forwarded-For, and as
 * a list of trusted networks. The resulting address is always in our own notation. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "door/forwarded.h"
#include "door/proxy_v2.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
good_text(const char *text)
{
	struct net_address a;
	char again[NET_ADDRESS_TEXT];

	CHECK(net_address_parse(text, strlen(text), &a));
	net_address_text(&a, again);
	CHECK(strcmp(text, again) == 0);
}

static void
try_header(const uint8_t *data, size_t size)
{
	struct proxy_v2 whole = {.len = 0}, part = {.len = 0};
	enum proxy_v2_verdict verdict, slow = PROXY_V2_MORE;
	char text[NET_ADDRESS_TEXT];
	size_t n = 0;

	verdict = proxy_v2_parse(data, size, &whole);
	while (slow == PROXY_V2_MORE && n < size)
		slow = proxy_v2_parse(data, ++n, &part);
	CHECK(slow == verdict);
	if (verdict != PROXY_V2_DONE)
		return;
	CHECK(whole.len == n && whole.len <= PROXY_V2_MAX);
	if (whole.has_client) {
		net_address_text(&whole.client, text);
		good_text(text);
	}
}

static void
try_text(const char *text)
{
	struct cidr_list trusted = {.n = 0};
	struct forwarded f = {.n = 0};
	char client[NET_ADDRESS_TEXT];
	struct es_err err;

	forwarded_add(&f, text);
	forwarded_client(&f, &trusted, "192.0.2.1", true, client);
	good_text(client);
	if (cidr_list_parse(text, &trusted, &err) != ES_OK)
		return;
	CHECK(trusted.n <= CIDR_LIST_MAX);
	for (unsigned i = 0; i < trusted.n; i++)
		CHECK(cidr_list_has(&trusted, &trusted.at[i].network));
	forwarded_client(&f, &trusted, "192.0.2.1", true, client);
	good_text(client);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(
	    size +
	    1); /* a block of exactly this size: the sanitizer finds a read beyond it */

	CHECK(copy != NULL);
	try_header(data, size);
	memcpy(copy, data, size);
	copy[size] = '\0';
	try_text(copy);
	free(copy);
	return 0;
}
