/* Everything that goes out to a client passes here: the only caller of lws_write, pings
 * and close included. Order on a socket: control frames, then channel frames, then lossy
 * ones. */
#ifndef PUSH_CONN_WRITE_H
#define PUSH_CONN_WRITE_H

#include "conn/conn.h"
#include "wire/frame_header.h"

/* A finished frame with its header; also the most that one write may carry. */
#define CONN_FRAME_MAX 65536
#define CONN_WRITE_MAX 65536
/* What a socket gets at a time once a write to it was partial. */
#define CONN_CAREFUL_MAX   16384
#define CONN_CONTROL_MAX   (256 * 1024) /* 500 acks of one sync fit */
#define CONN_LOSSY_MAX     8192
#define CONN_LOSSY_REST_MS 1000 /* between two writes of lossy frames */
#define CONN_LOSSY_TICK_MS 100

/* Append one text frame to the connection's control buffer; it is written at the end of
 * this turn of the loop, or when the buffer is full, before any channel bytes written
 * later. json is the payload; it is copied. Also before hello, for answers to frames that
 * came early. Dropped when the connection is closing. A
 * full buffer that the socket does not take is a slow reader: 4101. */
void conn_queue_frame(struct conn *c, const char *json, size_t len);

/* How many bytes the next conn_write_frames may carry; 0 while the socket is blocked, not
 * open or control frames are stuck. One whole frame may always exceed a figure above 0.
 */
size_t conn_write_room(const struct conn *c);

/* Hand over whole finished unmasked frames (at most CONN_WRITE_MAX bytes), without a copy
 * where the kernel takes them. True: taken, advance the cursor. False: nothing of it was
 * or will be sent; conn_events.writable is called when it is worth trying again, unless
 * the connection is gone. At most one write of these bytes per call. */
bool conn_write_frames(struct conn *c, const char *frames, size_t len) ES_MUST_CHECK;

/* Ask for conn_events.writable when the socket takes more (e.g. after writing a slice).
 */
void conn_want_writable(struct conn *c);

/* Append one text frame to the small lossy buffer. It is written at the end of the turn,
 * after everything else, and the next ones CONN_LOSSY_REST_MS later: the first news comes
 * at once, many come together. False when full: the caller forgets the news. */
bool conn_lossy_frame(struct conn *c, const char *json, size_t len);
/* Forget what waits there, e.g. to replace it by something newer. */
void conn_lossy_clear(struct conn *c);

/* For ws.c, ping_wheel.c and the loop. */
void conn_write_ping(struct conn *c);
/* Answer a ping at the end of this turn. A later ping of the same turn takes its place
 * (RFC 6455 section 5.5.3 asks for the most recent). len is at most FRAME_CONTROL_MAX. */
void conn_write_pong(struct conn *c, const char *payload, size_t len);
/* The Close frame of a connection in CONN_CLOSING, with io.code and io.reason; the last
 * frame of all. The socket is writable and libwebsockets holds nothing back. False: the
 * socket is dead. */
bool conn_write_close(struct conn *c) ES_MUST_CHECK;
/* The socket is writable and libwebsockets holds nothing back: write the control
 * buffer, then tell conn_events.writable. */
void conn_write_ready(struct conn *c);
/* Try what waits in the control buffer once more, before the connection leaves CONN_OPEN.
 */
void conn_write_last(struct conn *c);
/* End of a turn of the loop: control buffers. */
void conn_write_flush(struct conns *t);
/* Behind that: lossy buffers of connections that do not rest. */
void conn_write_flush_lossy(struct conns *t);
/* Every CONN_LOSSY_TICK_MS: rests that are over. */
void conn_write_tick(struct conns *t);
void conn_write_fini(struct conn *c);

#endif
