/* Heartbeats: every connection receives a ping once in 25 s and must answer within 10 s.
 * The wheel is a ring of buckets, one for each tick. The wheel spreads the work, and
 * needs no timer per connection. */
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

/* Put an open connection on the wheel; its first ping follows after PING_INTERVAL_MS.
 * Before each ping the wheel calls conn_events.ping_interval. */
void ping_wheel_add(struct ping_wheel *w, struct conn *c);
/* Does nothing for a connection that is not on the wheel. Must not be called inside
 * ping_wheel_turn(). */
void ping_wheel_remove(struct conn *c);
void ping_wheel_pong(struct conn *c);

/* Call every PING_TICK_MS. After a delay it runs the missed ticks too. */
void ping_wheel_turn(struct ping_wheel *w, int64_t now_ms);

#endif
