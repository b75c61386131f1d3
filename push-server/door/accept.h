/* The accept loop of a worker: takes sockets in small portions, so that a storm of them
 * never stops delivery, and gives each to handshake.c. */
#ifndef PUSH_ACCEPT_H
#define PUSH_ACCEPT_H

#include "door/listen.h"

struct accept;
struct handshake;
struct loop_env;

/* env, handshake and listen outlive it. */
struct accept *accept_new(struct loop_env *env, struct handshake *handshake,
    const struct push_listen *listen, unsigned index);
/* Take no more; a handshake under way is answered 503. */
void accept_stop(struct accept *a);
void accept_free(struct accept **a);

#endif
