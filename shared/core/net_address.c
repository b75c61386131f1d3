#include "core/net_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/check.h"
#include "core/parse.h"

#include "core/banned.h"

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

struct net_address
net_address_v4(const unsigned char bytes[4])
{
	struct net_address a;

	memcpy(a.bytes, mapped, sizeof(mapped));
	memcpy(a.bytes + sizeof(mapped), bytes, 4);
	return a;
}

bool
net_address_is_v4(const struct net_address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static bool
net_address_port(const char *text)
{
	int64_t port;

	return parse_int(text, 0, 65535, &port);
}

/* Removes brackets and a port, in place. Returns NULL when text is malformed. */
static char *
net_address_host(char *text)
{
	char *end;

	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL ||
		    (end[1] != '\0' && (end[1] != ':' || !net_address_port(end + 2))))
			return NULL;
		*end = '\0';
		/* Only IPv6 addresses have brackets. */
		return strchr(text, ':') != NULL ? text + 1 : NULL;
	}
	end = strchr(text, ':');
	if (end != NULL &&
	    strchr(end + 1, ':') == NULL) { /* one colon: IPv4 with a port */
		if (!net_address_port(end + 1))
			return NULL;
		*end = '\0';
	}
	return text;
}

bool
net_address_parse(const char *text, size_t len, struct net_address *out)
{
	char copy[64], *host;
	unsigned char v4[4];
	struct net_address a;

	if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	host = net_address_host(copy);
	if (host == NULL)
		return false;
	if (inet_pton(AF_INET, host, v4) == 1)
		a = net_address_v4(v4);
	else if (inet_pton(AF_INET6, host, a.bytes) != 1)
		return false;
	*out = a;
	return true;
}

void
net_address_text(const struct net_address *a, char out[NET_ADDRESS_TEXT])
{
	const bool v4 = net_address_is_v4(a);
	const void *bytes = v4 ? a->bytes + sizeof(mapped) : a->bytes;

	CHECK(inet_ntop(v4 ? AF_INET : AF_INET6, bytes, out, NET_ADDRESS_TEXT) != NULL);
}
