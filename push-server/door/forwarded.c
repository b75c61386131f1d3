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

/* From right to left. True: go on with the line before. */
static bool
forwarded_walk_line(
    const char *line, const struct cidr_list *trusted, char out[NET_ADDRESS_TEXT])
{
	size_t end = strlen(line);
	struct net_address a;

	for (;;) {
		size_t start, stop = end;

		while (stop > 0 && (line[stop - 1] == ' ' || line[stop - 1] == '\t'))
			stop--;
		start = stop;
		while (start > 0 && line[start - 1] != ',')
			start--;
		end = start > 0 ? start - 1 : 0; /* the comma */
		while (start < stop && (line[start] == ' ' || line[start] == '\t'))
			start++;
		if (start < stop) { /* RFC 9110 section 5.6.1: empty elements are none */
			if (!net_address_parse(line + start, stop - start, &a))
				return false;
			net_address_text(&a, out);
			if (!cidr_list_has(trusted, &a))
				return false;
		}
		if (end == 0)
			return true;
	}
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
