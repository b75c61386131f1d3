#include "core/cidr_list.h"

#include <stdio.h>
#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

#define ENTRY_MAX 64

static enum es_code
cidr_list_refuse(struct es_err *err, const char *entry, const char *why)
{
	return es_fail(err, ES_INVALID, "%s: %s", entry, why);
}

static bool
cidr_list_covers(const struct cidr *c, const struct net_address *a)
{
	const unsigned whole = c->bits / 8, rest = c->bits % 8;
	const unsigned mask = 0xffU << (8 - rest) & 0xff;

	return memcmp(c->network.bytes, a->bytes, whole) == 0 &&
	       (rest == 0 || ((c->network.bytes[whole] ^ a->bytes[whole]) & mask) == 0);
}

static bool
cidr_list_has_host_bits(const struct cidr *c)
{
	for (unsigned i = c->bits; i < 128; i++)
		if (c->network.bytes[i / 8] & 0x80U >> i % 8)
			return true;
	return false;
}

/* True when the entry has a port, or the brackets that precede one. net_address_parse()
 * accepts a port, but a network has none. */
static bool
cidr_list_has_port(const char *entry)
{
	const char *colon = strchr(entry, ':');

	return strchr(entry, '[') != NULL ||
	       (colon != NULL && colon == strrchr(entry, ':'));
}

static enum es_code
cidr_list_parse_entry(const char *entry, struct cidr *out, struct es_err *err)
{
	const size_t len = strcspn(entry, "/");
	int64_t bits = -1;
	unsigned width;

	if (cidr_list_has_port(entry) || !net_address_parse(entry, len, &out->network))
		return cidr_list_refuse(
		    err, entry, "not a network such as 10.0.0.0/8 or 2001:db8::/32");
	width = strchr(entry, ':') == NULL ? 32 : 128;
	if (entry[len] == '\0')
		bits = width;
	else if (!parse_int(entry + len + 1, 0, width, &bits))
		return cidr_list_refuse(err, entry,
		    width == 32 ? "the prefix must be 1 to 32"
				: "the prefix must be 1 to 128");
	if (bits == 0)
		return cidr_list_refuse(err, entry, "a prefix of 0 covers all addresses");
	out->bits = (unsigned)bits + 128 - width;
	if (cidr_list_has_host_bits(out))
		return cidr_list_refuse(err, entry, "has bits set beyond its prefix");
	return ES_OK;
}

enum es_code
cidr_list_parse(const char *text, struct cidr_list *out, struct es_err *err)
{
	struct cidr_list l = {.n = 0};

	text += strspn(text, " ");
	while (*text != '\0') {
		const size_t len = strcspn(text, ", ");
		char entry[ENTRY_MAX];

		(void)snprintf(entry, sizeof(entry), "%.*s", (int)len, text);
		if (len >= sizeof(entry))
			return cidr_list_refuse(err, entry, "too long");
		if (l.n == CIDR_LIST_MAX)
			return cidr_list_refuse(err, entry, "more than 64 networks");
		TRY(cidr_list_parse_entry(entry, &l.at[l.n++], err));
		text += len;
		text += strspn(text, " ");
		if (*text != '\0' && *text != ',')
			return cidr_list_refuse(err, entry, "missing comma after it");
		if (*text == ',' && *++text == '\0')
			return cidr_list_refuse(err, entry, "the list ends with a comma");
		text += strspn(text, " ");
	}
	*out = l;
	return ES_OK;
}

bool
cidr_list_has(const struct cidr_list *l, const struct net_address *a)
{
	for (unsigned i = 0; i < l->n; i++)
		if (cidr_list_covers(&l->at[i], a))
			return true;
	return false;
}
