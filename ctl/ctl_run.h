/* Runs a verb: reads its options and the settings, and frees its memory at the end. */
#ifndef CTL_CTL_RUN_H
#define CTL_CTL_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/aws.h"
#include "core/err.h"

#include "ctl.h"

/* All settings are optional. A verb calls ctl_needs() for each that it requires. */
struct ctl_conf {
	const char *url, *ws_url, *operator_key, *token, *tenant, *dev_dir;
	const char *database_url, *database_pooler, *redis_url, *queue_url,
	    *queue_redis_url;
	const char *jwt_secret, *jwt_kid, *jwt_issuer, *jwt_audience;
	int64_t queue_partitions, queue_max_bytes, jwt_leeway_s, token_ttl_s;
	struct aws_settings sqs;
};

struct ctl_options {
	bool json, quiet, all, remote;
	const char *server; /* "" for ES_URL */
	int64_t timeout_ms;
	const char *tenant, *user, *as, *token, *ttl; /* NULL when not given */
	const char *name, *email, *admin_email, *admin_name, *role;
	const char *scopes, *bot, *expires;
	const char *tokens, *sockets, *channels, *rate, *seconds;
};

struct ctl {
	struct arena *arena;
	const char *verb; /* noun and verb, such as "token mint", for messages */
	struct ctl_conf conf;
	struct ctl_options opt;
	char **words; /* arguments that are not options */
	int n_words;
};

struct ctl_spec {
	const char *verb;
	const char *options; /* names of its own options, beside the global ones */
	int min_words, max_words;
	const char *word; /* name of the words for messages, in capitals; NULL when there
	                     are none */
	int (*run)(struct ctl *c);
};

/* Reads options and settings, runs the verb, frees memory. Returns the exit status. */
int ctl_run(const struct ctl_spec *spec, int argc, char **argv);

/* Reads the options before the noun, which apply to every verb. Returns the index of the
 * noun in argv, or -1 after printing the fault. */
int ctl_run_lead(int argc, char **argv);

/* Prints a message and returns false when the setting is empty. */
bool ctl_needs(const struct ctl *c, const char *value, const char *name);

/* ctl_fail() returns CTL_FAILED, ctl_usage() CTL_USAGE. Both print the verb's name and
 * the message to stderr. */
int ctl_fail(const struct ctl *c, const char *fmt, ...) ES_PRINTF(2, 3);
/* ctl_usage() also names the command that prints the help. */
int ctl_usage(const struct ctl *c, const char *fmt, ...) ES_PRINTF(2, 3);
/* Prints to stderr, unless -q is given. */
void ctl_note(const struct ctl *c, const char *fmt, ...) ES_PRINTF(2, 3);

#endif
