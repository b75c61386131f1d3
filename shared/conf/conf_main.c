/* The options that every program has. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_item.h"
#include "conf/conf_reload.h"
#include "core/log.h"

#include "core/banned.h"

#define EX_USAGE_  2
#define EX_CONFIG_ 78 /* sysexits.h */

enum action { RUN, TAKE_OVER, HELP, VERSION, CHECK, PRINT, MARKDOWN, JSON, USAGE };

static enum action
conf_main_read_options(int argc, char **argv)
{
	static const struct {
		const char *option;
		enum action action;
	} options[] = {
	    {"--take-over", TAKE_OVER},
	    {"--help", HELP},
	    {"-h", HELP},
	    {"--version", VERSION},
	    {"--check-config", CHECK},
	    {"--print-config", PRINT},
	    {"--settings-markdown", MARKDOWN},
	    {"--settings-json", JSON},
	};

	if (argc == 1)
		return RUN;
	if (argc == 2)
		for (size_t i = 0; i < ES_COUNT(options); i++)
			if (strcmp(argv[1], options[i].option) == 0)
				return options[i].action;
	return USAGE;
}

static void
conf_main_help(const char *program, const struct conf_table tables[], size_t n, FILE *to)
{
	(void)fprintf(to,
	    "usage: %s [--take-over | --help | --version | --check-config |\n"
	    "       --print-config | --settings-markdown | --settings-json]\n\n"
	    "--take-over: share the listening addresses of a running %s; send that\n"
	    "             process SIGTERM once this one is ready\n\n"
	    "Settings come from the environment, or from the file that "
	    "ES_SETTINGS_FILE\nnames:\n",
	    program, program);
	conf_help(tables, n, to);
}

/* A start of the program reports to the log as JSON. The other options print text for
 * people. */
static void
conf_main_report(const char *program, bool starts, const struct conf_report *report)
{
	if (!starts && report->n_faults > 0)
		(void)fprintf(stderr, "%s: %u faulty setting%s\n", program,
		    report->n_faults, report->n_faults == 1 ? "" : "s");
	if (!starts) {
		(void)fprintf(stderr, "%s%s", report->text, report->warnings);
		return;
	}
	conf_item_log(LOG_ERROR, "faulty setting", report->text);
	conf_item_log(LOG_WARN, "unknown setting", report->warnings);
}

/* Blocks SIGHUP, whose default action would end the program. The signal stays pending
 * until the master handles it, and then makes the master read the settings again. */
static void
conf_main_block_sighup(void)
{
	sigset_t hup;

	(void)sigemptyset(&hup);
	(void)sigaddset(&hup, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &hup, NULL);
}

int
conf_main(int argc, char **argv, const char *program, const struct conf_table tables[],
    size_t n, struct arena *a, void *out)
{
	const enum action action = conf_main_read_options(argc, argv);
	struct conf_report report;
	enum es_code loaded;

	conf_reload_check_names(tables, n);
	switch (action) {
	case HELP:
		conf_main_help(program, tables, n, stdout);
		return 0;
	case VERSION:
		(void)printf("%s %s\n", program, ES_VERSION);
		return 0;
	case MARKDOWN:
		conf_markdown(tables, n, stdout);
		return 0;
	case JSON:
		conf_json(tables, n, stdout);
		return 0;
	case USAGE:
		(void)fprintf(
		    stderr, "%s: unknown option; see %s --help\n", program, program);
		return EX_USAGE_;
	case RUN:
	case TAKE_OVER:
		conf_main_block_sighup();
		break;
	case CHECK:
	case PRINT:
		break;
	}
	loaded = conf_load(tables, n, conf_names, a, out, &report);
	conf_main_report(program, action == RUN || action == TAKE_OVER, &report);
	if (loaded != ES_OK)
		return EX_CONFIG_;
	if (action == CHECK)
		(void)printf("%s: settings are good\n", program);
	if (action == PRINT)
		conf_print(tables, n, out, stdout);
	if (action == TAKE_OVER)
		return CONF_TAKE_OVER;
	return action == RUN ? CONF_RUN : 0;
}
