/* The accept loop of a worker: takes sockets in small portions, so that a storm of them
 * never stops delivery, and gives each to the front desk. */
#ifndef PUSH_ACCEPT_H
#define PUSH_ACCEPT_H

#include "door/listen.h"

struct accept;
struct worker;

struct accept *accept_new(
    struct worker *w, const struct push_listen *listen, unsigned index);
/* Take no more; what is at the front desk is answered 503. */
void accept_stop(struct accept *a);
void accept_free(struct accept **a);

#endif
