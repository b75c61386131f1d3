/* echostreamctl: a table of nouns, each with a table of verbs. To add one, write its
 * function in ctl_NOUN.c and a line in that file's table. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stddef.h>

/* Exit statuses of every verb. */
enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_CONFIG = 78 };

struct ctl_verb {
	const char *name; /* "" for a noun without verbs, such as `echostreamctl check` */
	const char *args; /* for the usage line */
	const char *help;
	/* argv[0] is the verb, so that getopt_long works. Returns the exit status. */
	int (*run)(int argc, char **argv);
};

struct ctl_noun {
	const char *name;
	const struct ctl_verb *verbs;
	size_t n;
};

extern const struct ctl_noun ctl_bench, ctl_check, ctl_db, ctl_key, ctl_queue, ctl_tail,
    ctl_tenant, ctl_token, ctl_user;

#endif
