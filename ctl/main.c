/* echostreamctl: finds the verb and runs it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"

#include "ctl_run.h"

#include "core/banned.h"

static const struct ctl_noun *const nouns[] = {
    &ctl_tenant,
    &ctl_user,
    &ctl_token,
    &ctl_key,
    &ctl_tail,
    &ctl_bench,
    &ctl_queue,
    &ctl_check,
    &ctl_db,
};

static void
main_print_noun(const struct ctl_noun *noun, FILE *to)
{
	for (size_t i = 0; i < noun->n; i++) {
		const struct ctl_verb *verb = &noun->verbs[i];

		fprintf(to, "  %s%s%s %s\n        %s\n", noun->name,
		    *verb->name ? " " : "", verb->name, verb->args, verb->help);
	}
}

static int
main_usage(FILE *to, int status)
{
	fprintf(to, "usage: echostreamctl NOUN VERB [options]\n\n");
	for (size_t i = 0; i < ES_COUNT(nouns); i++)
		main_print_noun(nouns[i], to);
	fprintf(to, "\n  --help, --version\n"
		    "  --server URL   base of the REST API; default: ES_URL\n"
		    "  --timeout S    seconds to wait for an answer; default: 10\n"
		    "  --json         print JSON\n"
		    "  -q, --quiet    print no notes on stderr\n"
		    "Settings come from the environment and the file that "
		    "ES_SETTINGS_FILE names.\n"
		    "Exit status: 0 done, 1 failed, 2 wrong usage, 78 wrong settings.\n");
	return status;
}

static bool
main_asks_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0 ||
	       strcmp(arg, "help") == 0;
}

/* True when --help or -h is anywhere before "--". */
static bool
main_has_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int
main_run_noun(const struct ctl_noun *noun, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (main_asks_help(name) || main_has_help(argc, argv)) {
		main_print_noun(noun, stdout);
		return CTL_OK;
	}
	for (size_t i = 0; i < noun->n; i++) {
		const struct ctl_verb *verb = &noun->verbs[i];

		if (!*verb->name)
			return verb->run(argc, argv);
		if (strcmp(verb->name, name) == 0)
			return verb->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "echostreamctl %s: %s%s\n", noun->name,
	    *name ? "unknown command: " : "missing command; one of:", name);
	main_print_noun(noun, stderr);
	return CTL_USAGE;
}

int
main(int argc, char **argv)
{
	int first;

	/* keeps lines of stdout and stderr in order */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return main_usage(stderr, CTL_USAGE);
	if (main_asks_help(argv[1]))
		return main_usage(stdout, CTL_OK);
	if (strcmp(argv[1], "--version") == 0) {
		puts("echostreamctl " ES_VERSION);
		return CTL_OK;
	}
	first = ctl_run_lead(argc, argv);
	if (first < 0 || first == argc)
		return main_usage(stderr, CTL_USAGE);
	for (size_t i = 0; i < ES_COUNT(nouns); i++) {
		if (strcmp(nouns[i]->name, argv[first]) == 0)
			return main_run_noun(nouns[i], argc - first, argv + first);
	}
	fprintf(stderr, "echostreamctl: unknown command: %s\n", argv[first]);
	return main_usage(stderr, CTL_USAGE);
}
