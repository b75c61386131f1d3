/* Settings: one table per program gives name, type, default, range and meaning; from it
 * come reading, --help, --check-config, --print-config and the reference page. The only
 * getenv. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"

enum conf_kind {
	CONF_TEXT,   /* const char *; min..max is its length */
	CONF_SECRET, /* const char *; also NAME_FILE; masked when printed */
	CONF_INT,    /* int64_t; min..max is its value */
	CONF_BOOL,   /* bool; true false 1 0 yes no on off */
	CONF_URL,  /* const char *; also NAME_FILE; `allowed`: schemes or conninfo keys */
	CONF_ENUM, /* const char *; `allowed` lists the values, space separated */
};

struct conf_item {
	const char *name; /* "ES_..." */
	enum conf_kind kind;
	size_t offset;       /* of the member in the program's struct */
	const char *initial; /* default as text; NULL: required */
	int64_t min, max;
	const char *allowed;
	const char *meaning; /* one sentence with the unit */
};

#define CONF_ITEM(type, member, env, kind_, initial_, min_, max_, allowed_, meaning_) \
	{ \
		.name = (env), .kind = (kind_), .offset = offsetof(type, member), \
		.initial = (initial_), .min = (min_), .max = (max_), \
		.allowed = (allowed_), .meaning = (meaning_) \
	}

/* What type and range can't tell: refuses, with err->text, a value that the library that
 * it is for would refuse later. For settings that are text of some kind. */
struct conf_check {
	const char *name;
	enum es_code (*check)(const char *value, struct arena *a, struct es_err *err);
};

/* Items that several programs share are a table of their own: a program's settings are a
 * list of tables over one struct. Checks of a table are for items of any. */
struct conf_table {
	const struct conf_item *items;
	size_t n;
	const struct conf_check *checks;
	size_t n_checks;
};

struct conf_report {
	unsigned n_faults;
	const char
	    *text; /* one line per fault: name, source, what is wrong, what is right */
	const char *warnings; /* one line per ES_ variable that is ignored */
};

/* Read the environment into *out (zeroed by the caller); strings live in a. Every fault
 * is reported, not only the first. NAME_FILE (secrets and URLs) names a file that holds
 * the value. An ES_* variable that no table of any program knows is
 * a fault with a suggestion when it is nearly spelt like one, and else a warning: other
 * projects have ES_ variables, too. known lists those of other programs (NULL-terminated,
 * may be NULL). ES_OK, or ES_INVALID with report->text. */
enum es_code conf_load(const struct conf_table tables[], size_t n,
    const char *const known[], struct arena *a, void *out,
    struct conf_report *report) ES_MUST_CHECK;

/* KEY=VALUE lines with the source of each as a comment; secrets masked. */
void conf_print(const struct conf_table tables[], size_t n, const void *values, FILE *to);
/* A table of name, default, range, meaning: for --help and, as Markdown, for the docs. */
void conf_help(const struct conf_table tables[], size_t n, FILE *to);
void conf_markdown(const struct conf_table tables[], size_t n, FILE *to);
/* The same for programs: an array of {name,kind,default,min,max,allowed,file,
 * checked,meaning}. */
void conf_json(const struct conf_table tables[], size_t n, FILE *to);

#define CONF_RUN       (-1)
#define CONF_TAKE_OVER (-2) /* run, and take the addresses over from a running master */

/* The options of every program: --take-over, --help, --version, --check-config,
 * --print-config, --settings-markdown, --settings-json. Loads the settings and prints the
 * answer to the option. Returns CONF_RUN or CONF_TAKE_OVER (both are negative), or else
 * the exit status: 0, 2 (usage), 78 (faulty settings). A start logs faults and warnings
 * as JSON lines, the other options print them for people. */
int conf_main(int argc, char **argv, const char *program,
    const struct conf_table tables[], size_t n, struct arena *a, void *out);

/* Reads the settings again while the program runs. The environment of a process does not
 * change, so only values in files (NAME_FILE) can. Logs each fault. ES_OK, or ES_INVALID
 * with *out of no use. */
enum es_code conf_reload(
    const struct conf_table tables[], size_t n, struct arena *a, void *out) ES_MUST_CHECK;

/* All ES_* names of all programs, NULL-terminated (conf_names.c; a test keeps it true).
 */
extern const char *const conf_names[];

#endif
