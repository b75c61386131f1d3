#include "http/paging.h"

#include <string.h>

#include "crypto/digest.h"

#include "core/banned.h"

#define ID_HEX    32
#define CHECK_HEX 16

enum es_code
paging_limit(const struct http_req *req, int64_t *out, struct es_err *err)
{
	*out = PAGE_DEFAULT;
	return query_int(&req->query, "limit", 1, PAGE_MAX, out, NULL, err);
}

/* A checksum, not a signature: it detects a cursor of another list. A forged cursor shows
 * only items that the caller may list anyway. */
static void
paging_checksum(
    const struct paging_list *list, const char id[ES_UUID_TEXT], char out[CHECK_HEX + 1])
{
	const struct digest_part parts[] = {
	    {list->name, strlen(list->name) + 1},
	    {list->tenant, strlen(list->tenant) + 1},
	    {list->within, strlen(list->within) + 1},
	    {id, strlen(id)},
	};
	unsigned char sum[DIGEST_SHA256];

	digest_sha256(parts, ES_COUNT(parts), sum);
	digest_hex(sum, CHECK_HEX / 2, out);
}

static void
paging_add_hyphens(const char *hex, char out[ES_UUID_TEXT])
{
	static const int groups[] = {8, 4, 4, 4, 12};
	char *to = out;

	for (size_t g = 0; g < ES_COUNT(groups); g++) {
		if (g > 0)
			*to++ = '-';
		memcpy(to, hex, (size_t)groups[g]);
		to += groups[g];
		hex += groups[g];
	}
	*to = '\0';
}

enum es_code
paging_cursor(const struct http_req *req, const struct paging_list *list,
    char out[ES_UUID_TEXT], struct es_err *err)
{
	const char *given = query_get(&req->query, "cursor");
	char id[ES_UUID_TEXT], check[CHECK_HEX + 1];

	if (given == NULL) {
		out[0] = '\0';
		return ES_OK;
	}
	if (strlen(given) != ID_HEX + CHECK_HEX)
		return es_fail_field(err, ES_BAD_CURSOR, "?cursor",
		    "unknown cursor; use nextCursor from the last page of this list");
	paging_add_hyphens(given, id);
	paging_checksum(list, id, check);
	if (!uuid_valid(id) || strcmp(check, given + ID_HEX) != 0)
		return es_fail_field(err, ES_BAD_CURSOR, "?cursor",
		    "unknown cursor; use nextCursor from the last page of this list");
	memcpy(out, id, sizeof(id));
	return ES_OK;
}

static const char *
paging_make_cursor(const struct paging_list *list, const char *id, struct arena *a)
{
	char hex[ID_HEX + 1] = "", check[CHECK_HEX + 1];
	size_t n = 0;

	for (const char *s = id; *s != '\0' && n < ID_HEX; s++)
		if (*s != '-')
			hex[n++] = *s;
	paging_checksum(list, id, check);
	return arena_printf(a, "%s%s", hex, check);
}

void
paging_link(const struct http_req *req, struct http_res *res, const char *query)
{
	http_header(res, "Link",
	    arena_printf(req->arena, "<%s?%s>; rel=\"next\"", req->uri.path, query));
}

void
paging_next(const struct http_req *req, struct http_res *res, struct json_write *w,
    const struct paging_list *list, const char *last, int64_t limit, const char *query)
{
	const char *cursor =
	    last == NULL ? NULL : paging_make_cursor(list, last, req->arena);

	jw_string(w, "nextCursor", cursor);
	if (cursor != NULL)
		paging_link(req, res,
		    arena_printf(req->arena, "%s%slimit=%lld&cursor=%s",
			query == NULL ? "" : query, query == NULL ? "" : "&",
			(long long)limit, cursor));
}
