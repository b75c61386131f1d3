#include "ctl_run.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_common.h"
#include "core/parse.h"

#include "core/banned.h"

#define TIMEOUT_S        10
#define TIMEOUT_MAX_S    3600
#define TIMEOUT_MAX_TEXT "3600" /* TIMEOUT_MAX_S, for messages */

#define TEXT(member, env, kind, initial, meaning) \
	CONF_ITEM(struct ctl_conf, member, env, kind, initial, 0, 4096, NULL, meaning)

// clang-format off
static const struct conf_item items[] = {
	TEXT(url, "ES_URL", CONF_TEXT, "http://127.0.0.1:8080", "base of the REST API"),
	TEXT(ws_url, "ES_WS_URL", CONF_TEXT, "", "WebSocket endpoint; empty for ES_URL/ws"),
	TEXT(operator_key, "ES_OPERATOR_KEY", CONF_SECRET, "", "key of the operator"),
	TEXT(token, "ES_TOKEN", CONF_SECRET, "", "token of a user"),
	TEXT(tenant, "ES_TENANT", CONF_TEXT, "", "tenant where --tenant is not given"),
	TEXT(dev_dir, "ES_DEV_DIR", CONF_TEXT, "", "folder of the development stack, set by ./dev"),
	TEXT(database_url, "ES_DATABASE_URL", CONF_SECRET, "", "PostgreSQL, role echostream_app"),
	CONF_POOLER_ITEM(struct ctl_conf, database_pooler),
	TEXT(redis_url, "ES_REDIS_URL", CONF_SECRET, "", "Redis"),
	TEXT(queue_url, "ES_QUEUE_URL", CONF_TEXT, "redis:", "queue driver"),
	TEXT(queue_redis_url, "ES_QUEUE_REDIS_URL", CONF_SECRET, "", "Redis of the queue"),
	TEXT(jwt_secret, "ES_JWT_SECRET", CONF_SECRET, "", "secret of HS256 tokens"),
	TEXT(jwt_kid, "ES_JWT_KID", CONF_TEXT, "hs1", "kid of ES_JWT_SECRET in the tokens"),
	TEXT(jwt_issuer, "ES_JWT_ISSUER", CONF_TEXT, "echostream", "iss of tokens"),
	TEXT(jwt_audience, "ES_JWT_AUDIENCE", CONF_TEXT, "echostream", "aud of tokens"),
	CONF_ITEM(struct ctl_conf, jwt_leeway_s, "ES_JWT_LEEWAY_S", CONF_INT, "5", 0, 300,
	    NULL, "seconds that the clock of an issuer may be ahead of ours (iat, nbf); a token ends at exp"),
	CONF_ITEM(struct ctl_conf, token_ttl_s, "ES_TOKEN_TTL_S", CONF_INT, "86400", 60,
	    31536000, NULL, "lifetime of a token, in seconds, without --ttl"),
	CONF_ITEM(struct ctl_conf, queue_partitions, "ES_QUEUE_PARTITIONS", CONF_INT, "8", 1,
	    256, NULL, "partitions of the queue"),
	CONF_ITEM(struct ctl_conf, queue_max_bytes, "ES_QUEUE_MAX_BYTES", CONF_INT, "67108864",
	    4096, 1099511627776, NULL, "maximum number of bytes that may wait in the queue"),
	CONF_SQS_ITEMS(struct ctl_conf, sqs),
};

#define OPTION(name_, member) {name_, offsetof(struct ctl_options, member)}
static const struct {
	const char *name;
	size_t offset; /* of a const char * */
} texts[] = {
	OPTION("tenant", tenant), OPTION("user", user), OPTION("as", as),
	OPTION("token", token), OPTION("ttl", ttl), OPTION("name", name),
	OPTION("email", email), OPTION("admin-email", admin_email),
	OPTION("admin-name", admin_name), OPTION("role", role),
	OPTION("scopes", scopes), OPTION("bot", bot), OPTION("expires", expires),
    OPTION("tokens", tokens), OPTION("sockets", sockets),
    OPTION("channels", channels), OPTION("rate", rate), OPTION("seconds", seconds),
};
// clang-format on

static struct ctl_options lead = {.server = "", .timeout_ms = TIMEOUT_S * 1000};

static void ctl_run_print(const char *verb, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
ctl_run_print(const char *verb, const char *fmt, va_list ap)
{
	(void)fprintf(stderr, "echostreamctl %s: ", verb);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
}

int
ctl_fail(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ctl_run_print(c->verb, fmt, ap);
	va_end(ap);
	return CTL_FAILED;
}

int
ctl_usage(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "echostreamctl %s: ", c->verb);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, " (see 'echostreamctl %.*s --help')\n",
	    (int)strcspn(c->verb, " "), c->verb);
	return CTL_USAGE;
}

void
ctl_note(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;

	if (c->opt.quiet)
		return;
	va_start(ap, fmt);
	ctl_run_print(c->verb, fmt, ap);
	va_end(ap);
}

bool
ctl_needs(const struct ctl *c, const char *value, const char *name)
{
	if (*value == '\0')
		(void)ctl_fail(c, "missing setting: %s", name);
	return *value != '\0';
}

/* True when name is one of the words of list. */
static bool
ctl_run_is_listed(const char *list, const char *name)
{
	const size_t len = strlen(name);

	for (const char *p = list; (p = strstr(p, name)) != NULL; p += len)
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

/* Builds the long options for getopt_long(): the global ones, then those of `allowed`,
 * whose val is 256 + index. */
static void
ctl_run_option_table(const char *allowed, struct option out[ES_COUNT(texts) + 7])
{
	size_t n = 0;

	out[n++] = (struct option){"server", required_argument, NULL, 's'};
	out[n++] = (struct option){"timeout", required_argument, NULL, 't'};
	out[n++] = (struct option){"json", no_argument, NULL, 'j'};
	out[n++] = (struct option){"quiet", no_argument, NULL, 'q'};
	if (ctl_run_is_listed(allowed, "all"))
		out[n++] = (struct option){"all", no_argument, NULL, 'a'};
	if (ctl_run_is_listed(allowed, "remote"))
		out[n++] = (struct option){"remote", no_argument, NULL, 'r'};
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if (ctl_run_is_listed(allowed, texts[i].name))
			out[n++] = (struct option){
			    texts[i].name, required_argument, NULL, 256 + (int)i};
	out[n] = (struct option){0};
}

static bool
ctl_run_set_option(struct ctl_options *o, int option, const char *value)
{
	int64_t timeout_s;

	if (option >= 256) {
		*(const char **)(void *)((char *)o + texts[option - 256].offset) = value;
		return true;
	}
	switch (option) {
	case 's':
		o->server = value;
		return true;
	case 't':
		if (!parse_int(value, 1, TIMEOUT_MAX_S, &timeout_s))
			return false;
		o->timeout_ms = timeout_s * 1000;
		return true;
	case 'j':
		o->json = true;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	case 'a':
		o->all = true;
		return true;
	case 'r':
		o->remote = true;
		return true;
	default:
		return false;
	}
}

/* Returns why getopt_long() or ctl_run_set_option() refused an option. ':' means that the
 * value of the option is missing. */
static const char *
ctl_run_option_fault(int option)
{
	if (option == ':')
		return "option without a value";
	return option == 't' ? "--timeout must be 1 to " TIMEOUT_MAX_TEXT " seconds, got"
	                     : "unknown option";
}

int
ctl_run_lead(int argc, char **argv)
{
	struct option options[ES_COUNT(texts) + 7];
	int option;

	ctl_run_option_table("", options);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:q", options, NULL)) != -1)
		if (!ctl_run_set_option(&lead, option, optarg)) {
			(void)fprintf(stderr, "echostreamctl: %s: %s\n",
			    ctl_run_option_fault(option), argv[optind - 1]);
			return -1;
		}
	option = optind;
	optind = 0; /* the verb reads its own options from the start */
	return option;
}

static int
ctl_run_read_options(struct ctl *c, const struct ctl_spec *spec, int argc, char **argv)
{
	struct option options[ES_COUNT(texts) + 7];
	int option;

	ctl_run_option_table(spec->options, options);
	opterr = 0;
	c->opt = lead;
	while ((option = getopt_long(argc, argv, ":q", options, NULL)) != -1)
		if (!ctl_run_set_option(&c->opt, option, optarg))
			return ctl_usage(
			    c, "%s: %s", ctl_run_option_fault(option), argv[optind - 1]);
	c->words = argv + optind;
	c->n_words = argc - optind;
	if (c->n_words < spec->min_words)
		return ctl_usage(c, "missing argument: %s", spec->word);
	if (c->n_words > spec->max_words)
		return ctl_usage(c, "unexpected argument: %s", c->words[spec->max_words]);
	return -1;
}

static int
ctl_run_read_conf(struct ctl *c)
{
	const struct conf_table table = {.items = items, .n = ES_COUNT(items)};
	struct conf_report report;

	if (conf_load(&table, 1, conf_names, c->arena, &c->conf, &report) != ES_OK) {
		(void)fputs(report.text, stderr);
		return CTL_CONFIG;
	}
	if (*c->opt.server != '\0') { /* also for WebSockets */
		c->conf.url = c->opt.server;
		c->conf.ws_url = "";
	}
	return -1;
}

int
ctl_run(const struct ctl_spec *spec, int argc, char **argv)
{
	struct ctl c = {.arena = arena_new(), .verb = spec->verb};
	int status = ctl_run_read_options(&c, spec, argc, argv);

	if (status < 0)
		status = ctl_run_read_conf(&c);
	if (status < 0)
		status = spec->run(&c);
	arena_free(&c.arena);
	return status;
}
