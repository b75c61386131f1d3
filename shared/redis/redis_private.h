/* Between the files of this folder: hiredis, with a deadline for every step. */
#ifndef REDIS_REDIS_PRIVATE_H
#define REDIS_REDIS_PRIVATE_H

#include <hiredis/hiredis.h>
#include <stdarg.h>

#include "redis/redis.h"

#define REDIS_SUB_DIAL_MS    1000
#define REDIS_SUB_BEAT_MS    2000 /* without a word: ask */
#define REDIS_SUB_SILENT_MS  1000 /* without an answer to that: hang up */
#define REDIS_BACKOFF_MIN_MS 100
#define REDIS_BACKOFF_MAX_MS 2000

/* SIGPIPE, where it still is at its default, is ignored from then on: hiredis 0.14 writes
 * with write(2). */
void redis_conn_ignore_sigpipe(void);

/* A TCP connection whose other end is gone without a word ends after 5 s. */
void redis_conn_keepalive(int fd);

/* Connect, AUTH, SELECT. */
enum es_code redis_conn_open(const struct redis_url *url, int64_t timeout_ms,
    redisContext **out, struct es_err *err) ES_MUST_CHECK;

/* Write out what redisAppendCommandArgv has buffered. */
enum es_code redis_conn_flush(
    redisContext *c, int64_t deadline_ms, struct es_err *err) ES_MUST_CHECK;

/* One reply, for freeReplyObject; NULL at the deadline. */
enum es_code redis_conn_read(redisContext *c, int64_t deadline_ms, redisReply **out,
    struct es_err *err) ES_MUST_CHECK;

/* Nothing is outstanding, and yet there is something to read: the server has hung up. */
bool redis_conn_stale(const redisContext *c);

/* Parallel arrays of pointers and lengths, as hiredis wants them, in a. */
void redis_args_split(size_t argc, const struct redis_arg argv[], struct arena *a,
    const char ***out_data, size_t **out_len);

/* NUL-terminated arguments up to a NULL. */
struct redis_arg *redis_args_list(va_list ap, struct arena *a, size_t *out_n);

/* AUTH [user] password, as far as the URL has them: 0 when it has none. */
size_t redis_url_auth(const struct redis_url *url, const char *argv[3]);

void redis_value_copy(const redisReply *r, struct arena *a, struct redis_value *out);
/* What an error reply means: ES_UNAVAILABLE for a state that passes, else ES_INTERNAL. */
enum es_code redis_value_check(
    const struct redis_value *v, struct es_err *err) ES_MUST_CHECK;

/* The server has become a replica, said by itself or by a script: another connection may
 * find the new master. */
bool redis_value_read_only(const struct redis_value *v);
bool redis_value_noscript(const struct redis_value *v);

/* Take the digest from SCRIPT LOAD's answer; false when it is none. */
bool redis_script_loaded(
    struct redis_script *s, const struct redis_value *sha) ES_MUST_CHECK;
/* The whole command, argc + 3 arguments: by text where the server doesn't know the
 * script. */
struct redis_arg *redis_script_args(const struct redis_script *s, bool by_text,
    size_t n_keys, size_t argc, const struct redis_arg argv[], struct arena *a);

#endif
