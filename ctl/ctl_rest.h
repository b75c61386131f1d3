/* Calls the REST API. */
#ifndef CTL_CTL_REST_H
#define CTL_CTL_REST_H

#include "ctl_run.h"

struct ctl_answer {
	long status;
	const char *body; /* JSON or other text, NUL-terminated */
	size_t len;
};

/* Returns ES_WS_URL, or the endpoint /ws beside the REST API. */
const char *ctl_ws_url(const struct ctl *c);

/* Makes one call with the bearer's token. body may be NULL. Prints a message to stderr
 * and returns false when no answer comes. */
bool ctl_rest(const struct ctl *c, const char *bearer, const char *method,
    const char *path, const char *body, struct ctl_answer *out) ES_MUST_CHECK;

/* Calls ctl_rest(). Also prints title and detail, and returns false, for a status other
 * than 2xx. */
bool ctl_rest_2xx(const struct ctl *c, const char *bearer, const char *method,
    const char *path, const char *body, struct ctl_answer *out) ES_MUST_CHECK;

/* The elements, as JSON texts, of all pages of a list whose array is `member`. */
struct ctl_list {
	const char **items;
	size_t n;
};
bool ctl_rest_list(const struct ctl *c, const char *bearer, const char *path,
    const char *member, struct ctl_list *out) ES_MUST_CHECK;

#endif
