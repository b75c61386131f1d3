/* Builds and queues the frames that are not events, one text frame for each call. */
#ifndef PUSH_FRAME_OUT_H
#define PUSH_FRAME_OUT_H

#include "conn/conn.h"
#include "core/arena.h"
#include "core/err.h"
#include "wire/event_frame.h"

/* Acknowledges a client's frame that has an id; does nothing when id is NULL. channel and
 * payload (a JSON object) may be NULL. */
void frame_out_ack(struct conn *c, const char *op, const char *id, const char *channel,
    const char *payload);
/* Sends an error frame, also when id is NULL. id and channel may be NULL. */
void frame_out_error(struct conn *c, const char *op, const char *id, const char *channel,
    const struct es_err *err);
/* Tells the client that this connection does not deliver the events from_seq to to_seq of
 * the channel. */
void frame_out_gap(struct conn *c, const struct channel_id *channel, int64_t from_seq,
    int64_t to_seq, enum gap_reason reason);
/* Tells the client that the server has ended the subscription; no later frame of the
 * channel follows. */
void frame_out_unsubscribed(
    struct conn *c, const struct channel_id *channel, const char *code);
void frame_out_hello(struct conn *c);
void frame_out_pong(struct conn *c, const char *id);
void frame_out_token_expiring(struct conn *c, int64_t expires_s);
void frame_out_reconnect(
    struct conn *c, int64_t after_ms, int64_t within_ms, const char *reason);

#endif
