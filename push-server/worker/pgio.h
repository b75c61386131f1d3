/* Drives a pg_async pipeline on the worker's loop. */
#ifndef PUSH_PGIO_H
#define PUSH_PGIO_H

#include "pg/pg_async.h"

struct loop_env;
struct pgio;

/* changed is called when the connection comes up or is lost; it may be NULL. */
enum es_code pgio_open(struct loop_env *env, const struct pg_settings *settings,
    size_t max_in_flight, void (*changed)(void *ctx, bool up), void *ctx,
    struct pgio **out, struct es_err *err) ES_MUST_CHECK;
void pgio_close(struct pgio **p);
struct pg_async *pgio_pipeline(const struct pgio *p);

#endif
