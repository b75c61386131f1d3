/* The only door to libwebsockets: it keeps the sockets after the handshake was answered,
 * reads and writes them on the loop and holds back what the kernel does not take. Frames
 * are read by ws_receive.c and written by conn_write.c. */
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

/* Sets conns->ws: libwebsockets on the worker's loop. Call after the fork. */
enum es_code ws_open(struct conns *conns, struct es_err *err) ES_MUST_CHECK;
/* Cuts what is still open; conns->ws is NULL afterwards. */
void ws_close(struct conns *conns);

/* Hand over an accepted socket whose handshake was answered with 101; the connection is
 * in CONN_GREETING then, or lost on failure. first: len bytes that the client has sent
 * after its head. fd is libwebsockets' from here on. */
void ws_adopt(struct conn *c, int fd, char *first, size_t len);

/* For conn_write.c and conn_reap.c only. Bytes that the kernel does not take are held
 * back (ws_partial) and go first. False: the socket is dead. */
bool ws_write(struct lws *wsi, const char *bytes, size_t len) ES_MUST_CHECK;
bool ws_partial(struct lws *wsi);
/* Stop reading from the socket, or go on. libwebsockets does not read while it holds
 * bytes back, and the loop would turn on what waits to be read. */
void ws_pause_reading(struct lws *wsi, bool pause);
void ws_want_writable(struct lws *wsi);
/* Its socket, for peer.h. */
int ws_fd(struct lws *wsi);
/* Close the socket at once, without a word. */
void ws_cut(struct lws *wsi);

#endif
