/* Calls of the REST API. */
#ifndef CTL_CTL_REST_H
#define CTL_CTL_REST_H

#include "ctl_run.h"

struct ctl_answer {
	long status;
	const char *body; /* JSON, or NUL-terminated anything */
	size_t len;
};

/* One call, as the bearer. body NULL: none. Tells on stderr when there is no answer: then
 * false. */
bool ctl_rest(const struct ctl *c, const char *bearer, const char *method,
    const char *path, const char *body, struct ctl_answer *out) ES_MUST_CHECK;

/* As ctl_rest; false also, told with title and detail, for every status but 2xx. */
bool ctl_rest_good(const struct ctl *c, const char *bearer, const char *method,
    const char *path, const char *body, struct ctl_answer *out) ES_MUST_CHECK;

/* Every page of a list whose array is `member`: the texts of its elements. */
struct ctl_list {
	const char **items;
	size_t n;
};
bool ctl_rest_list(const struct ctl *c, const char *bearer, const char *path,
    const char *member, struct ctl_list *out) ES_MUST_CHECK;

#endif
