/* What every verb starts from: its options, the settings, and memory until its end. */
#ifndef CTL_CTL_RUN_H
#define CTL_CTL_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/aws.h"
#include "core/err.h"

#include "ctl.h"

/* Everything is optional: a verb asks with ctl_needs for what it can't do without. */
struct ctl_conf {
	const char *url, *ws_url, *operator_key, *token, *tenant, *dev_dir;
	const char *database_url, *redis_url, *queue_url, *queue_redis_url;
	const char *jwt_secret, *jwt_kid, *jwt_issuer, *jwt_audience;
	int64_t queue_partitions, queue_max_bytes, jwt_leeway_s, token_ttl_s;
	struct aws_settings sqs;
};

struct ctl_options {
	bool json, quiet;
	const char *server; /* "" for ES_URL */
	int64_t timeout_ms;
	const char *tenant, *user, *as, *token, *ttl; /* NULL when not given */
	const char *name, *email, *admin_email, *admin_name, *role;
	const char *scopes, *bot, *expires;
};

struct ctl {
	struct arena *arena;
	const char *verb; /* "token mint", for messages */
	struct ctl_conf conf;
	struct ctl_options opt;
	char **words; /* what is no option */
	int n_words;
};

struct ctl_spec {
	const char *verb;
	const char *options; /* names of those that it takes beside the global ones */
	int min_words, max_words;
	const char *word; /* what the words are, in capitals; NULL when there are none */
	int (*run)(struct ctl *c);
};

/* Options, settings, the verb, the end. Returns the exit status. */
int ctl_run(const struct ctl_spec *spec, int argc, char **argv);

/* Options before the noun: they hold for the verb, whichever it is. Returns the index of
 * the noun in argv, or -1 after telling what is wrong. */
int ctl_run_lead(int argc, char **argv);

/* false, after telling, when the setting is empty. */
bool ctl_needs(const struct ctl *c, const char *value, const char *name);

/* Tell on stderr, with the verb's name. CTL_FAILED and CTL_USAGE, for return. */
int ctl_fail(const struct ctl *c, const char *fmt, ...) ES_PRINTF(2, 3);
/* ctl_usage() adds where to find the help. */
int ctl_usage(const struct ctl *c, const char *fmt, ...) ES_PRINTF(2, 3);
/* Unless -q. */
void ctl_note(const struct ctl *c, const char *fmt, ...) ES_PRINTF(2, 3);

#endif
