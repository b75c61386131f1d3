/* ws.c is the only file that calls libwebsockets. libwebsockets gets a socket after the
 * handshake was answered, reads and writes the bytes of the socket on the loop, and
 * buffers the bytes that the kernel does not take. libwebsockets knows no frames:
 * ws_receive.c parses them, and conn_write.c writes them. */
#ifndef PUSH_WS_H
#define PUSH_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct conn;
struct conns;
struct lws;
struct ws;

#define WS_TX_PACKET 65536 /* bytes of one write to a socket */

/* Start libwebsockets on the worker's loop and set conns->ws. Call it after the fork. */
enum es_code ws_open(struct conns *conns, struct es_err *err) ES_MUST_CHECK;
/* Cut the open sockets; conns->ws is NULL afterwards. */
void ws_close(struct conns *conns);

/* Give libwebsockets an accepted socket whose handshake was answered with 101. The
 * connection is in CONN_GREETING afterwards, or lost on failure. first holds the len
 * bytes that the client sent after its request head. libwebsockets owns fd from here
 * on. */
void ws_adopt(struct conn *c, int fd, char *first, size_t len);

/* For conn_write.c only. libwebsockets buffers the bytes that the kernel does not take
 * (ws_partial), and writes them first. Returns false when the socket is dead. */
bool ws_write(struct lws *wsi, const char *bytes, size_t len) ES_MUST_CHECK;
bool ws_partial(struct lws *wsi);
/* Stop or resume reading from the socket. While libwebsockets buffers output it does not
 * read, so a readable socket would wake the loop without end. */
void ws_pause_reading(struct lws *wsi, bool pause);
void ws_want_writable(struct lws *wsi);
/* The socket's descriptor, for peer.h. */
int ws_fd(struct lws *wsi);
/* Close the socket immediately, without a Close frame. */
void ws_cut(struct lws *wsi);

#endif
