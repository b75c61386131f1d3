/* The blocking door to hiredis: commands with a deadline; heals itself. */
#ifndef REDIS_REDIS_H
#define REDIS_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

struct redis;

enum redis_kind {
	REDIS_NIL,
	REDIS_INT,
	REDIS_STRING,
	REDIS_STATUS,
	REDIS_ERROR,
	REDIS_ARRAY
};

/* A reply, copied into an arena. */
struct redis_value {
	enum redis_kind kind;
	int64_t num;     /* REDIS_INT */
	const char *str; /* REDIS_STRING, _STATUS, _ERROR; NUL-terminated */
	size_t len;
	const struct redis_value *items; /* REDIS_ARRAY */
	size_t n;
};

/* redis://[[user]:password@]host[:port][/db], unix:///path[?db=N], rediss:// only where
 * hiredis has TLS. ES_INVALID with the reason for anything else. */
struct redis_url {
	const char *host; /* NULL for a unix socket */
	int port;
	const char *path;            /* NULL for TCP */
	const char *user, *password; /* or NULL */
	int db;
	bool tls;
};
enum es_code redis_url_parse(const char *url, struct arena *a, struct redis_url *out,
    struct es_err *err) ES_MUST_CHECK;

/* The same as a check of a setting. */
enum es_code redis_url_check(
    const char *url, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Never fails for a server that is away: connects on first use and again after a loss. */
enum es_code redis_open(const char *url, int64_t timeout_ms, struct redis **out,
    struct es_err *err) ES_MUST_CHECK;
void redis_close(struct redis **r);

/* From now on and until the next call, all commands of r together wait for ms at most,
 * and each for timeout_ms at most. A command without time left is ES_UNAVAILABLE at once,
 * and the connection stays. Never called: only timeout_ms holds. */
void redis_budget(struct redis *r, int64_t ms);
/* What is left of it, in ms; 0 when it is spent. */
int64_t redis_budget_left(const struct redis *r);

/* One argument of a command. */
struct redis_arg {
	const char *data;
	size_t len;
};

/* One command. A connection error or a time-out is ES_UNAVAILABLE and closes the
 * connection; an error reply is ES_INTERNAL with its text, but READONLY, LOADING,
 * MASTERDOWN, MISCONF, OOM, CLUSTERDOWN are ES_UNAVAILABLE. */
enum es_code redis_cmd(struct redis *r, struct arena *a, struct redis_value *out,
    struct es_err *err, size_t argc, const struct redis_arg argv[]) ES_MUST_CHECK;

/* As redis_cmd, for a command that itself waits up to wait_ms (XREAD BLOCK). */
enum es_code redis_cmd_wait(struct redis *r, int64_t wait_ms, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;

/* redis_text(r, a, &v, err, "SET", "k", "v", NULL): NUL-terminated arguments. */
enum es_code redis_text(struct redis *r, struct arena *a, struct redis_value *out,
    struct es_err *err, ...) __attribute__((sentinel)) ES_MUST_CHECK;

/* Many commands, one round trip; out[i] may be REDIS_ERROR while the call is ES_OK. */
struct redis_call {
	size_t argc;
	const struct redis_arg *argv;
};
enum es_code redis_pipeline(struct redis *r, struct arena *a,
    const struct redis_call calls[], size_t n, struct redis_value out[],
    struct es_err *err) ES_MUST_CHECK;

/* What an out[i] says, with the codes of redis_cmd; ES_OK for what is no error. */
enum es_code redis_value_check(
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

/* A script by EVALSHA, loaded when the server does not know it. */
struct redis_script {
	const char *text;
	char sha[41]; /* filled on first use */
};
/* argv: the n_keys keys, then the arguments. */
enum es_code redis_eval(struct redis *r, struct redis_script *s, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;

/* A second connection that only subscribes; used for reply topics in blocking programs.
 * redis_sub_wait returns one message, or ES_OK with *out_len 0 at the deadline. After a
 * loss it reconnects and subscribes again; *lost (may be NULL) tells that messages may be
 * gone. */
struct redis_sub;
enum es_code redis_sub_open(const char *url, const char *topic, struct redis_sub **out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code redis_sub_wait(struct redis_sub *s, int64_t wait_ms, struct arena *a,
    const char **out, size_t *out_len, bool *lost, struct es_err *err) ES_MUST_CHECK;
/* True while subscribed as far as is known. */
bool redis_sub_up(const struct redis_sub *s);
void redis_sub_close(struct redis_sub **s);

#endif
