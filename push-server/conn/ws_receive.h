/* Reads the bytes of a client: they become messages, pings, pongs and closes. */
#ifndef PUSH_WS_RECEIVE_H
#define PUSH_WS_RECEIVE_H

#include "conn/conn.h"

/* A message above the frame limit is read to its end and answered with an error, up to
 * this many times the limit; beyond it the connection is closed with 1009. */
#define WS_TOO_LARGE_FACTOR 2

/* Control frames and fragments of one connection in WS_CONTROL_WINDOW_MS; one more closes
 * it with 4103. Our own pings cause one pong in 25 s. */
#define WS_CONTROL_WINDOW_MS 10000

/* len bytes that the socket has given; they are unmasked in place. */
void ws_receive(struct conn *c, char *data, size_t len);

#endif
