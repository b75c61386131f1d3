/* SIGHUP in a worker: takes the settings that the master has read again, while the
 * sockets stay open. The list of these settings is in push_conf.c. */
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
