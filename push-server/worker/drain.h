/* After SIGTERM: new clients get 503 (accept.h), every connected one is told when to come
 * back and closed with 4200, in slices, so that the next server is not hit by all at
 * once. */
#ifndef PUSH_DRAIN_H
#define PUSH_DRAIN_H

struct drain;
struct worker;

/* Ends the loop when the last connection is gone or the time is over. */
void drain_begin(struct worker *w);
void drain_free(struct drain **d);

#endif
