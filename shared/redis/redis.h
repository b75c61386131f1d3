/* Blocking access to Redis through hiredis. Each command has a deadline. A lost
 * connection is opened again at the next command. */
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

/* A reply. redis.h functions copy it into an arena, which owns its strings. */
struct redis_value {
	enum redis_kind kind;
	int64_t num; /* the value of REDIS_INT */
	/* the value of REDIS_STRING, REDIS_STATUS and REDIS_ERROR; ends with a NUL */
	const char *str;
	size_t len;
	const struct redis_value *items; /* the n elements of REDIS_ARRAY */
	size_t n;
};

/* Parses redis://[[user]:password@]host[:port][/db] or unix:///path[?db=N]. rediss:// is
 * accepted only with a hiredis that has TLS. Returns ES_INVALID with the reason for any
 * other text. */
struct redis_url {
	const char *host; /* NULL: a unix socket */
	int port;
	const char *path;            /* NULL: TCP */
	const char *user, *password; /* or NULL */
	int db;
	bool tls;
};
enum es_code redis_url_parse(const char *url, struct arena *a, struct redis_url *out,
    struct es_err *err) ES_MUST_CHECK;

/* Checks a setting as redis_url_parse() would. Does not connect. */
enum es_code redis_url_check(
    const char *url, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* ES_INVALID: the url is wrong. Does not connect: the first command does. */
enum es_code redis_open(const char *url, int64_t timeout_ms, struct redis **out,
    struct es_err *err) ES_MUST_CHECK;
void redis_close(struct redis **r);

/* Sets a budget: until the next call of this function, all commands of r together may
 * take ms milliseconds, and each at most timeout_ms. When the budget is used up, a
 * command fails immediately with ES_UNAVAILABLE, and the connection stays open. Without a
 * budget only timeout_ms holds. */
void redis_budget(struct redis *r, int64_t ms);
/* The rest of the budget in ms; 0 when it is used up. */
int64_t redis_budget_left(const struct redis *r);

/* One argument of a command. */
struct redis_arg {
	const char *data;
	size_t len;
};

/* Runs one command. The strings of *out are allocated in the arena a. A connection error
 * or time-out is ES_UNAVAILABLE and closes the connection. An error reply is ES_INTERNAL
 * with the reply's text, but ES_UNAVAILABLE for temporary errors: READONLY, LOADING,
 * MASTERDOWN, MISCONF, OOM and CLUSTERDOWN. */
enum es_code redis_cmd(struct redis *r, struct arena *a, struct redis_value *out,
    struct es_err *err, size_t argc, const struct redis_arg argv[]) ES_MUST_CHECK;

/* redis_cmd() for a command that waits up to wait_ms in Redis (XREAD BLOCK). */
enum es_code redis_cmd_wait(struct redis *r, int64_t wait_ms, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;

/* redis_cmd() with NUL-terminated arguments: redis_text(r, a, &v, err, "SET", "k", "v",
 * NULL). */
enum es_code redis_text(struct redis *r, struct arena *a, struct redis_value *out,
    struct es_err *err, ...) __attribute__((sentinel)) ES_MUST_CHECK;

/* Runs many commands in one round trip. The call may return ES_OK although an out[i] is
 * REDIS_ERROR. */
struct redis_call {
	size_t argc;
	const struct redis_arg *argv;
};
enum es_code redis_pipeline(struct redis *r, struct arena *a,
    const struct redis_call calls[], size_t n, struct redis_value out[],
    struct es_err *err) ES_MUST_CHECK;

/* redis_pipeline() in two steps, so that the caller can work while Redis does. n > 0.
 * After ES_OK of the first the caller calls the second. Any other command between the two
 * closes the connection, and the second then fails. */
enum es_code redis_pipeline_send(struct redis *r, struct arena *a,
    const struct redis_call calls[], size_t n, struct es_err *err) ES_MUST_CHECK;
enum es_code redis_pipeline_read(struct redis *r, struct arena *a,
    struct redis_value out[], struct es_err *err) ES_MUST_CHECK;

/* Maps a reply to the codes of redis_cmd(). ES_OK: the reply is not an error. */
enum es_code redis_value_check(
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

/* A Lua script, which EVALSHA runs by its digest. Redis gets the text of the script
 * once. */
struct redis_script {
	const char *text;
	char sha[41]; /* empty until the first use */
};
/* Runs a script. argv holds n_keys keys, then the arguments. */
enum es_code redis_eval(struct redis *r, struct redis_script *s, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;

/* redis_eval() in two steps, for work that the caller does while Redis runs the script.
 * redis_eval_send() does not wait. It returns ES_NOT_FOUND when r has not loaded the
 * script yet: then the caller uses redis_eval(). After ES_OK the caller must call
 * redis_eval_receive(), which returns ES_NOT_FOUND when Redis has lost the script and has
 * not run it. Any other command between the two calls closes the connection. */
enum es_code redis_eval_send(struct redis *r, const struct redis_script *s,
    struct arena *a, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[]) ES_MUST_CHECK;
enum es_code redis_eval_receive(struct redis *r, struct arena *a, struct redis_value *out,
    struct es_err *err) ES_MUST_CHECK;

/* Runs a script n times in one round trip. argv[i] holds the n_keys keys and the other
 * arguments of run i, argc in all. The first error reply of a run is the call's result.
 */
enum es_code redis_script_all(struct redis *r, struct redis_script *s, struct arena *a,
    struct es_err *err, size_t n_keys, size_t argc, const struct redis_arg *const argv[],
    size_t n) ES_MUST_CHECK;

/* A second connection that only subscribes, for the reply topics of blocking programs.
 * redis_sub_wait() returns one message, or ES_OK with *out_len 0 at the deadline. After a
 * loss of the connection it connects and subscribes again. *lost (may be NULL) becomes
 * true when messages may have been lost. */
struct redis_sub;
enum es_code redis_sub_open(const char *url, const char *topic, struct redis_sub **out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code redis_sub_wait(struct redis_sub *s, int64_t wait_ms, struct arena *a,
    const char **out, size_t *out_len, bool *lost, struct es_err *err) ES_MUST_CHECK;
/* True when the subscription is confirmed and no loss of the connection is known. */
bool redis_sub_up(const struct redis_sub *s);
void redis_sub_close(struct redis_sub **s);

#endif
