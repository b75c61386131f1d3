/* Writes all bytes to a client, pings and Close frames included. Order on a socket:
 * control frames, then channel frames, then lossy frames. */
#ifndef PUSH_CONN_WRITE_H
#define PUSH_CONN_WRITE_H

#include "conn/conn.h"
#include "wire/frame_header.h"

/* CONN_FRAME_MAX: bytes of one frame with its header. CONN_WRITE_MAX: bytes of one
 * write. */
#define CONN_FRAME_MAX 65536
#define CONN_WRITE_MAX 65536
/* Bytes of one write to a socket whose last write was partial. */
#define CONN_CAREFUL_MAX    16384
#define CONN_CONTROL_MAX    (256 * 1024) /* 500 acks of one sync fit */
#define CONN_LOSSY_MAX      8192
#define CONN_LOSSY_PAUSE_MS 1000 /* pause between two writes of lossy frames */
#define CONN_LOSSY_TICK_MS  100

/* Copy json into one text frame and append the frame to the connection's control buffer.
 * The buffer is written at the end of this turn of the loop, or when it is full, and
 * always before later channel frames. Also works before hello, for answers to early
 * frames. Does nothing when the connection is closing. When the buffer is full and the
 * socket does not take it, the client reads too slowly and is closed with 4101. */
void conn_queue_frame(struct conn *c, const char *json, size_t len);

/* Returns how many bytes the next conn_write_frames() may write; 0 while the connection
 * is blocked or not open. A single frame may be larger than a result above 0. */
size_t conn_write_room(const struct conn *c);

/* Write whole finished unmasked frames of at most CONN_WRITE_MAX bytes. The frames are
 * not copied when the kernel takes them all. Returns true when the connection has taken
 * all the frames: the caller advances its cursor. Returns false when the connection has
 * taken no frame: the caller tries again when conn_events.writable is called. */
bool conn_write_frames(struct conn *c, const char *frames, size_t len) ES_MUST_CHECK;

/* Ask for a call of conn_events.writable as soon as the socket takes more bytes. For a
 * caller that has written only a part of its frames. */
void conn_want_writable(struct conn *c);

/* Append one text frame to the small buffer of lossy frames. The buffer is written at the
 * end of the turn, after all other frames, and then at most once in CONN_LOSSY_PAUSE_MS.
 * So a single change arrives without delay, and many changes share a write. Returns false
 * when the buffer is full: the caller drops the change. */
bool conn_lossy_frame(struct conn *c, const char *json, size_t len);
/* Drop the lossy frames that wait, e.g. because newer data replaces them. */
void conn_lossy_clear(struct conn *c);

/* Only ws.c, ping_wheel.c and the worker's loop call the functions from here on. */
void conn_write_ping(struct conn *c);
/* Queue a pong for the end of this turn. A later ping in the same turn replaces the
 * payload, as RFC 6455 section 5.5.3 allows. len is at most FRAME_CONTROL_MAX. */
void conn_write_pong(struct conn *c, const char *payload, size_t len);
/* Write the Close frame with io.code and io.reason as the last frame of a connection in
 * CONN_CLOSING. Precondition: the socket is writable, and libwebsockets holds no bytes
 * for it. Returns false when the socket is dead. */
bool conn_write_close(struct conn *c) ES_MUST_CHECK;
/* Write the control buffer, then call conn_events.writable. Precondition: the socket is
 * writable, and libwebsockets holds no bytes for it. */
void conn_write_ready(struct conn *c);
/* Try to write the control buffer once more, before the connection leaves CONN_OPEN. */
void conn_write_last(struct conn *c);
/* Call at the end of a turn of the loop: writes the control buffers. */
void conn_write_flush(struct conns *t);
/* Call after conn_write_flush(): writes the lossy buffers of connections that are not
 * pausing. */
void conn_write_flush_lossy(struct conns *t);
/* Call every CONN_LOSSY_TICK_MS: ends the pauses that are over. */
void conn_write_tick(struct conns *t);
void conn_write_fini(struct conn *c);

#endif
