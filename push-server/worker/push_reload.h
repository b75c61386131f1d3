/* SIGHUP in a worker: the worker takes over the new values of the settings, which the
 * master has read before. The worker's sockets stay open. push_conf.c lists the settings
 * that can change in this way. */
#ifndef PUSH_PUSH_RELOAD_H
#define PUSH_PUSH_RELOAD_H

#include "conf/conf_share.h"
#include "env/push_conf.h"

struct push_reload;
struct worker;

/* Unblocks SIGHUP. w->env.conf must point to conf. All arguments must outlive the
 * struct. */
struct push_reload *push_reload_new(
    struct worker *w, struct push_conf *conf, const struct conf_share *share);
/* Frees the strings of the settings: no code may use them after this call. */
void push_reload_free(struct push_reload **r);

#endif
