/* Declarations shared by the files of this folder. Each step on a hiredis connection has
 * a deadline. */
#ifndef REDIS_REDIS_PRIVATE_H
#define REDIS_REDIS_PRIVATE_H

#include <hiredis/hiredis.h>
#include <stdarg.h>

#include "redis/redis.h"

#define REDIS_SUB_DIAL_MS    1000
#define REDIS_SUB_PING_MS    2000 /* silent for this long: send a PING */
#define REDIS_SUB_SILENT_MS  1000 /* no answer to the PING for this long: close */
#define REDIS_BACKOFF_MIN_MS 100
#define REDIS_BACKOFF_MAX_MS 2000

/* Ignores SIGPIPE unless the program has a handler. hiredis 0.14 writes with write(2), so
 * that a closed connection would end the program. */
void redis_conn_ignore_sigpipe(void);

/* Makes a TCP connection fail 5 s after its peer has disappeared. */
void redis_conn_keepalive(int fd);

/* Connects and sends AUTH and SELECT. The caller frees *out with redisFree(). */
enum es_code redis_conn_open(const struct redis_url *url, int64_t timeout_ms,
    redisContext **out, struct es_err *err) ES_MUST_CHECK;

/* Writes what redisAppendCommandArgv() has buffered. */
enum es_code redis_conn_flush(
    redisContext *c, int64_t deadline_ms, struct es_err *err) ES_MUST_CHECK;

/* Reads one reply, which the caller frees with freeReplyObject(). *out is NULL at the
 * deadline. */
enum es_code redis_conn_read(redisContext *c, int64_t deadline_ms, redisReply **out,
    struct es_err *err) ES_MUST_CHECK;

/* True when the socket is readable although no reply is outstanding. Then the server has
 * closed the connection. */
bool redis_conn_stale(const redisContext *c);

/* Splits arguments into the parallel arrays of pointers and lengths that hiredis takes.
 * The arrays are allocated in the arena a. */
void redis_args_split(size_t argc, const struct redis_arg argv[], struct arena *a,
    const char ***out_data, size_t **out_len);

/* Collects the strings of ap up to a NULL pointer. The result is allocated in the arena
 * a. */
struct redis_arg *redis_args_list(va_list ap, struct arena *a, size_t *out_n);

/* Fills argv with AUTH, the user if the URL has one, and the password. Returns the number
 * of arguments; 0: the URL has no password. */
size_t redis_url_auth(const struct redis_url *url, const char *argv[3]);

void redis_value_copy(const redisReply *r, struct arena *a, struct redis_value *out);
/* Returns ES_UNAVAILABLE for an error reply that reports a temporary state of the server,
 * and ES_INTERNAL for any other error reply. */
enum es_code redis_value_check(
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

/* True when a command, or a script that called it, failed because the server is a
 * read-only replica. Then a new connection may find the new master. */
bool redis_value_read_only(const struct redis_value *v);
bool redis_value_noscript(const struct redis_value *v);

/* Stores the digest that SCRIPT LOAD has returned. False: the reply is not a digest. */
bool redis_script_loaded(
    struct redis_script *s, const struct redis_value *sha) ES_MUST_CHECK;
/* Returns the argc + 3 arguments of the command: EVAL if by_text, else EVALSHA. The
 * result is allocated in the arena a. */
struct redis_arg *redis_script_args(const struct redis_script *s, bool by_text,
    size_t n_keys, size_t argc, const struct redis_arg argv[], struct arena *a);

#endif
