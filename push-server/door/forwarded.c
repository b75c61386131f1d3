#include "door/forwarded.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

void
forwarded_add(struct forwarded *f, const char *line)
{
	if (f->n == FORWARDED_LINES_MAX)
		memmove(f->lines, f->lines + 1, --f->n * sizeof(f->lines[0]));
	f->lines[f->n++] = line;
}

static bool
forwarded_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns the last element of line[0..*end), without blanks around it. Sets *end to the
 * comma before the element, or to 0. */
static const char *
forwarded_last_element(const char *line, size_t *end, size_t *len)
{
	size_t start, stop = *end;

	while (stop > 0 && forwarded_blank(line[stop - 1]))
		stop--;
	start = stop;
	while (start > 0 && line[start - 1] != ',')
		start--;
	*end = start > 0 ? start - 1 : 0;
	while (start < stop && forwarded_blank(line[start]))
		start++;
	*len = stop - start;
	return line + start;
}

/* Reads a line from right to left, up to and including the first address that is not a
 * trusted proxy, and leaves the last address that it read in out. Returns true when all
 * addresses of the line are trusted proxies: the caller continues with the previous line.
 */
static bool
forwarded_walk_line(
    const char *line, const struct cidr_list *trusted, char out[NET_ADDRESS_TEXT])
{
	size_t end = strlen(line), len;
	struct net_address a;

	do {
		const char *element = forwarded_last_element(line, &end, &len);

		if (len == 0)
			continue; /* RFC 9110 section 5.6.1: ignore empty elements */
		if (!net_address_parse(element, len, &a))
			return false;
		net_address_text(&a, out);
		if (!cidr_list_has(trusted, &a))
			return false;
	} while (end > 0);
	return true;
}

void
forwarded_client(const struct forwarded *f, const struct cidr_list *trusted,
    const char *peer, bool peer_trusted, char out[NET_ADDRESS_TEXT])
{
	(void)snprintf(out, NET_ADDRESS_TEXT, "%s", peer);
	for (unsigned i = f->n; peer_trusted && i > 0; i--)
		if (!forwarded_walk_line(f->lines[i - 1], trusted, out))
			return;
}
