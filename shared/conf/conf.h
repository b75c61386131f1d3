/* Settings. A table per program lists name, type, default, range and meaning of each.
 * Reading, --help, --check-config, --print-config and the reference page all use that
 * table. No other folder calls getenv(). A setting comes from the environment, or from
 * the file that ES_SETTINGS_FILE names. */
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

/* A check that type and range can't express. It refuses, with err->text, a text value
 * that a library would refuse later (an address, a key). */
struct conf_check {
	const char *name;
	enum es_code (*check)(const char *value, struct arena *a, struct es_err *err);
};

/* A program's settings are a list of tables over one struct, since programs share some
 * tables. A check may name an item of any table in the list. */
struct conf_table {
	const struct conf_item *items;
	size_t n;
	const struct conf_check *checks;
	size_t n_checks;
	const struct conf_reloads
	    *reloads; /* one table of a program sets it; NULL in the others */
};

/* The settings that a program reloads at SIGHUP: either the named ones, or all but the
 * named ones. A program without this list reloads none. */
struct conf_reloads {
	enum { CONF_RELOADS_ONLY, CONF_RELOADS_ALL_BUT } which;
	const char *const *names;
	size_t n;
};

struct conf_report {
	unsigned n_faults;
	const char
	    *text; /* one line per fault: name, source, what is wrong, what is right */
	const char *warnings; /* one line per ES_ variable that is ignored */
};

/* Reads the environment and the settings file into *out, which the caller has zeroed.
 * Strings are allocated in the arena a. A setting in both is a fault. Reports every
 * fault. NAME_FILE (secrets and URLs) names a file that holds the value. known lists the
 * settings of all programs (NULL-terminated, or NULL: do not look for unknown names). An
 * ES_ variable that is not in known is a fault with a suggestion when it resembles a name
 * in known. Otherwise it is a warning, since other projects have ES_ variables, too.
 * Returns ES_OK, or ES_INVALID with report->text. */
enum es_code conf_load(const struct conf_table tables[], size_t n,
    const char *const known[], struct arena *a, void *out,
    struct conf_report *report) ES_MUST_CHECK;

/* Prints KEY=VALUE lines, each after a comment that names its source. Masks secrets. */
void conf_print(const struct conf_table tables[], size_t n, const void *values, FILE *to);
/* Print name, default, range and meaning: for --help and, as Markdown, for the docs. */
void conf_help(const struct conf_table tables[], size_t n, FILE *to);
void conf_markdown(const struct conf_table tables[], size_t n, FILE *to);
/* Prints an array of {name,kind,default,min,max,allowed,file,checked,
 * reloaded,meaning}. */
void conf_json(const struct conf_table tables[], size_t n, FILE *to);

#define CONF_RUN       (-1)
#define CONF_TAKE_OVER (-2) /* run, beside a master at the same addresses */

/* Handles the options of every program: --take-over, --help, --version, --check-config,
 * --print-config, --settings-markdown, --settings-json. Loads the settings and prints the
 * answer to the option. Returns CONF_RUN or CONF_TAKE_OVER (both are negative), or the
 * exit status: 0, 2 (usage), 78 (faulty settings). A start logs faults and warnings as
 * JSON lines. The other options print them for people. */
int conf_main(int argc, char **argv, const char *program,
    const struct conf_table tables[], size_t n, struct arena *a, void *out);

/* Reads the settings again while the program runs. The environment of a process does not
 * change, so only values in the settings file and in files of their own (NAME_FILE) can
 * change. *values, of size bytes, takes all changed settings that the program reloads;
 * its strings live in *a, which is replaced. A changed setting that needs a restart keeps
 * its value and is logged by name. After a fault it logs all faults, returns ES_INVALID,
 * and leaves *a and *values as they were. */
enum es_code conf_reload(const struct conf_table tables[], size_t n, struct arena **a,
    void *values, size_t size) ES_MUST_CHECK;

/* All ES_ names of all programs, NULL-terminated. A test compares them with the tables.
 */
extern const char *const conf_names[];

#endif
