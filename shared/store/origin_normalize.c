#include "store/origin_normalize.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/parse.h"
#include "core/text.h"
#include "store/origin_store.h"

#include "core/banned.h"

static const char lower_case[] = "abcdefghijklmnopqrstuvwxyz";
static const char digits[] = "0123456789";

static bool
origin_normalize_is_scheme(const char *s)
{
	return strchr(lower_case, s[0]) != NULL &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] == '\0';
}

/* Looks in s for a common mistake. Returns a text that says what would be right, or NULL
 * when s has no such mistake. */
static const char *
origin_normalize_find_mistake(const char *s)
{
	for (const char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c > 0x7e)
			return "must name the host in punycode (xn--...), as browsers "
			       "send it";
	if (strchr(s, '@') != NULL)
		return "must not hold a user name or password: browsers send none";
	if (strchr(s, '*') != NULL)
		return "must name one origin: wildcards are not accepted";
	if (strncmp(s, "ws://", 5) == 0 || strncmp(s, "wss://", 6) == 0)
		return "must be the origin of the page (http or https), not of its "
		       "socket";
	return NULL;
}

static bool
origin_normalize_is_name(const char *host)
{
	const char *label = host, *last = host;

	while (*label != '\0') {
		const size_t len = strcspn(label, ".");

		if (len == 0 ||
		    strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != len)
			return false;
		last = label;
		label += len + (label[len] == '.');
	}
	/* A browser reads a host whose last label is a number as an IPv4 address. */
	if (host[0] != '\0' && strspn(last, digits) == strcspn(last, ".")) {
		struct in_addr address;

		return inet_pton(AF_INET, host, &address) == 1;
	}
	return host[0] != '\0';
}

/* Checks the host, and writes an IPv6 address in its shortest form (RFC 5952). */
static const char *
origin_normalize_host(const char **host, struct arena *a)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr raw;
	const size_t len = strlen(*host);

	if ((*host)[0] != '[')
		return origin_normalize_is_name(*host)
		           ? NULL
		           : "must name a host as browsers send it: letters, digits, "
		             "hyphens and dots, or an IP address";
	if (len < 3 || (*host)[len - 1] != ']' ||
	    inet_pton(AF_INET6, arena_memdup(a, *host + 1, len - 2), &raw) != 1 ||
	    inet_ntop(AF_INET6, &raw, address, sizeof(address)) == NULL ||
	    strchr(address, '.') != NULL)
		return "must hold an IPv6 address in hex between [ and ]";
	*host = arena_printf(a, "[%s]", address);
	return NULL;
}

/* *port becomes 0 when it is the default port of the scheme. */
static const char *
origin_normalize_port(const char *scheme, const char *text, int64_t *port)
{
	if (!parse_plain_int(text, 1, 65535, port))
		return "must have a port of 1 to 65535, or none";
	if ((strcmp(scheme, "http") == 0 && *port == 80) ||
	    (strcmp(scheme, "https") == 0 && *port == 443))
		*port = 0;
	return NULL;
}

static char *
origin_normalize_to_lower(const char *text, struct arena *a)
{
	char *lower = arena_strdup(a, text);

	for (char *c = lower; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return lower;
}

const char *
origin_normalize(const char *text, struct arena *a, const char **fault)
{
	char *scheme = origin_normalize_to_lower(text, a);
	char *rest = strstr(scheme, "://"), *colon;
	const char *host;
	int64_t port = 0;

	*fault = origin_normalize_find_mistake(scheme);
	if (*fault != NULL)
		return NULL;
	*fault =
	    "must have the form scheme://host[:port], without a path, of at most 255 "
	    "bytes";
	if (!origin_store_valid(scheme))
		return NULL;
	*rest = '\0';
	rest += 3;
	if (!origin_normalize_is_scheme(scheme))
		return NULL;
	colon = strchr(rest[0] == '[' ? rest + strcspn(rest, "]") : rest, ':');
	*fault = NULL;
	if (colon != NULL) {
		*colon = '\0';
		*fault = origin_normalize_port(scheme, colon + 1, &port);
	}
	host = rest;
	if (*fault == NULL)
		*fault = origin_normalize_host(&host, a);
	if (*fault != NULL)
		return NULL;
	return port != 0 ? arena_printf(a, "%s://%s:%lld", scheme, host, (long long)port)
	                 : arena_printf(a, "%s://%s", scheme, host);
}
