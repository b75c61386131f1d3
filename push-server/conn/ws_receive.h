/* Parses the bytes of a client into messages, pings, pongs and Close frames. */
#ifndef PUSH_WS_RECEIVE_H
#define PUSH_WS_RECEIVE_H

#include "conn/conn.h"

/* The worker reads a message above the frame limit to its end and answers with an error,
 * if the message is at most this many times the limit. A larger message closes the
 * connection with 1009. */
#define WS_TOO_LARGE_FACTOR 2

/* Window in which the control frames and fragments of one connection are counted; more
 * than ES_LIMIT_CONTROL_FRAMES close it with 4103. The server's own pings cause only one
 * pong in 25 s. */
#define WS_CONTROL_WINDOW_MS 10000

/* Process len bytes read from the socket; they are unmasked in place. */
void ws_receive(struct conn *c, char *data, size_t len);

#endif
