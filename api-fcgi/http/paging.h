/* The parameters limit and cursor of a list, and the link to its next page. */
#ifndef API_PAGING_H
#define API_PAGING_H

#include "http/http.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200

/* Reads ?limit=. Absent: PAGE_DEFAULT. Returns ES_INVALID outside 1 to PAGE_MAX. */
enum es_code paging_limit(
    const struct http_req *req, int64_t *out, struct es_err *err) ES_MUST_CHECK;

/* The list that a cursor belongs to. paging_cursor() refuses a cursor of another list or
 * tenant with ES_BAD_CURSOR. */
struct paging_list {
	const char *name;   /* "users" */
	const char *tenant; /* id, or "" for the operator */
	const char
	    *within; /* narrows the list, e.g. to the members of a channel; or "" */
};

/* Reads ?cursor= and sets out to the id of the last item of the previous page, "" when
 * the parameter is absent. */
enum es_code paging_cursor(const struct http_req *req, const struct paging_list *list,
    char out[ES_UUID_TEXT], struct es_err *err) ES_MUST_CHECK;

/* Writes the field "nextCursor" (null when last is NULL), and the header Link when there
 * is a next page. last: the id of the last item of this page. query: the other parameters
 * that the next page needs, e.g. "member=true", or NULL. */
void paging_next(const struct http_req *req, struct http_res *res, struct json_write *w,
    const struct paging_list *list, const char *last, int64_t limit, const char *query);

/* Sets the header Link: <path?query>; rel="next". */
void paging_link(const struct http_req *req, struct http_res *res, const char *query);

#endif
