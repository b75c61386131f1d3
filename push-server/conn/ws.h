/* The only door to libwebsockets: it keeps the sockets after the handshake was judged,
 * and turns its callbacks into calls of conn_* and conn_events. */
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

/* Hand over an accepted socket: head is a handshake written by ourselves, followed by
 * what the client has sent after its own. The connection is lost by itself on failure. fd
 * is libwebsockets' from here on. */
void ws_adopt(struct conn *c, int fd, const char *head, size_t len);

/* For conn_write.c and conn_reap.c only. Bytes that the kernel does not take are held
 * back (ws_partial) and go first. False: the socket is dead. */
bool ws_write(struct lws *wsi, const char *bytes, size_t len) ES_MUST_CHECK;
bool ws_partial(struct lws *wsi);
/* The code of the Close that libwebsockets sends or has sent by itself (broken framing,
 * bad UTF-8), or that was handed to it; 0: none. */
uint16_t ws_close_code(struct lws *wsi);
void ws_want_writable(struct lws *wsi);
/* Close the socket at once, without a word. */
void ws_cut(struct lws *wsi);

#endif
