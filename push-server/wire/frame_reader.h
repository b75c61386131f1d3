/* Reads the frames of a client (RFC 6455 section 5): headers, masks, fragments, control
 * frames between fragments. Strict: what a client must not send is FRAME_BROKEN with the
 * close code that section 7.4.1 names. Pure: bytes come in pieces of any size. */
#ifndef PUSH_FRAME_READER_H
#define PUSH_FRAME_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame_header.h"

#define FRAME_READER_HEADER 14  /* 2, 8 of length, 4 of mask */
#define FRAME_CONTROL_MAX   125 /* payload of a control frame, section 5.5 */

/* All zero: at the start of a frame, no message under way. */
struct frame_reader {
	uint64_t left; /* bytes of this frame's payload that have not come yet */
	unsigned char header[FRAME_READER_HEADER];
	uint8_t n_header; /* bytes of it that have come */
	uint8_t mask_at;  /* 0 to 3: the next byte of the mask */
	bool in_payload;
	bool in_message; /* a fragmented message is under way */
	bool binary;     /* of that message */
};

enum frame_event {
	FRAME_MORE,    /* all bytes are used up */
	FRAME_DATA,    /* a piece of a message */
	FRAME_CONTROL, /* a piece of a control frame */
	FRAME_BROKEN,  /* nothing more can be read from this client */
};

/* One piece of a frame, as read. data points into the bytes given. */
struct frame_piece {
	enum frame_opcode opcode; /* of the message for data, never OPCODE_CONTINUATION */
	char *data;
	size_t len;
	uint64_t left;     /* bytes of this frame that follow in later pieces */
	bool frame_starts; /* the first piece of a frame */
	bool fragment;     /* data: the frame is not a whole message */
	bool message_ends; /* data: the last piece of the last fragment */
	uint16_t code;     /* FRAME_BROKEN: for the Close frame */
	const char *why;
};

/* Reads one event from the len bytes at data, which are unmasked in place. Returns how
 * many were used; call again with the rest until FRAME_MORE. An empty frame is one piece
 * of no bytes. */
size_t frame_reader_next(struct frame_reader *r, char *data, size_t len,
    enum frame_event *out_event, struct frame_piece *out);

/* The payload of a Close frame (section 5.5.1): what the peer says, or in *out_code and
 * *out_why the close code with which a payload that breaks the protocol is answered.
 * 1005: there was no code. */
bool frame_reader_close(
    const char *payload, size_t len, uint16_t *out_code, const char **out_why);

/* UTF-8 as RFC 3629 section 4 has it; U+0000 is allowed here, JSON refuses it by name. */
bool frame_reader_utf8(const char *text, size_t len);

#endif
