/* Prints results to stdout: rows for people, JSON for programs. */
#ifndef CTL_CTL_PRINT_H
#define CTL_CTL_PRINT_H

#include "ctl_rest.h"

/* A member of the elements and the width of its column. */
struct ctl_column {
	const char *member, *title;
	int width; /* 0: the last column, without padding */
};

/* Prints the elements as rows under titles, or with --json as one array. */
int ctl_print_list(const struct ctl *c, const struct ctl_list *list,
    const struct ctl_column columns[], size_t n);

/* Returns the text of a member of a JSON object; "" when it is absent or null. */
const char *ctl_member(const struct ctl *c, const char *object, const char *member);

/* Escapes control characters in text of users, so that the text can't control the
 * terminal. */
const char *ctl_escape(struct arena *a, const char *s);

#endif
