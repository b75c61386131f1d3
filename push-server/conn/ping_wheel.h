/* Heartbeats: every connection is pinged once in 25 s and must answer within 10 s. A ring
 * of buckets, one a tick, so that the work is spread and there is no timer per
 * connection. */
#ifndef PUSH_PING_WHEEL_H
#define PUSH_PING_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct ping_wheel;

#define PING_INTERVAL_MS 25000
#define PONG_TIMEOUT_MS  10000
#define PING_TICK_MS     250

struct ping_wheel *ping_wheel_new(int64_t now_ms);
void ping_wheel_free(struct ping_wheel **w);

/* The connection is open: first ping in PING_INTERVAL_MS. On each of its turns
 * conn_events.beat sees it first. */
void ping_wheel_add(struct ping_wheel *w, struct conn *c);
/* Also of a connection that is not on the wheel. Not from inside a turn of the wheel. */
void ping_wheel_remove(struct conn *c);
void ping_wheel_pong(struct conn *c);

/* Every PING_TICK_MS, or later: catches up. */
void ping_wheel_turn(struct ping_wheel *w, int64_t now_ms);

#endif
