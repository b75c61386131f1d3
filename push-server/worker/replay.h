/* The connection to PostgreSQL that reads pages of history. libpq keeps the bytes that it
 * has received, and offers no way to overwrite them. So after a deletion a second
 * connection replaces the first one, whose buffers are then freed (env/heap_wipe.c). */
#ifndef PUSH_REPLAY_H
#define PUSH_REPLAY_H

#include "env/loop_env.h"
#include "pg/pg_async.h"

struct replay;

/* env must outlive the connection. */
enum es_code replay_open(
    struct loop_env *env, struct replay **out, struct es_err *err) ES_MUST_CHECK;
/* Ends the statements in flight with ES_UNAVAILABLE. */
void replay_close(struct replay **r);

/* Returns the connection for the next page. */
struct pg_async *replay_pipeline(struct replay *r);

/* Call when a message was deleted. If the connection has read pages, another one replaces
 * it within two seconds. */
void replay_forget(struct replay *r);

#endif
