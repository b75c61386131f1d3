/* Pages: how many, where from, and where the next one is. */
#ifndef API_PAGING_H
#define API_PAGING_H

#include "http/http.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200

/* ?limit=: PAGE_DEFAULT when absent; outside 1 to PAGE_MAX it is ES_INVALID. */
enum es_code paging_limit(
    const struct http_req *req, int64_t *out, struct es_err *err) ES_MUST_CHECK;

/* What a cursor is good for: one list of one tenant. A cursor of another is
 * ES_BAD_CURSOR. */
struct paging_list {
	const char *name;   /* "users" */
	const char *tenant; /* or "" for the operator */
	const char *within; /* e.g. the channel whose members they are, or "" */
};

/* ?cursor=: the id after which to go on; *out "" when there is none. */
enum es_code paging_cursor(const struct http_req *req, const struct paging_list *list,
    char out[ES_UUID_TEXT], struct es_err *err) ES_MUST_CHECK;

/* Write "nextCursor" (null when last is NULL) and, if there is a next page, Link. query
 * is what else has to stay in the query, e.g. "member=true", or NULL. */
void paging_next(const struct http_req *req, struct http_res *res, struct json_write *w,
    const struct paging_list *list, const char *last, int64_t limit, const char *query);

/* Link: <path?query>; rel="next". */
void paging_link(const struct http_req *req, struct http_res *res, const char *query);

#endif
