/* Parses the frames of a client (RFC 6455 section 5): headers, masks, fragments, and
 * control frames between fragments. For bytes that a client must not send it returns
 * FRAME_BROKEN with a close code of section 7.4.1. Makes no system calls: the caller
 * passes the bytes in pieces of any size. */
#ifndef PUSH_FRAME_READER_H
#define PUSH_FRAME_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame_header.h"

#define FRAME_READER_HEADER 14  /* 2 bytes, 8 of a length, 4 of a mask */
#define FRAME_CONTROL_MAX   125 /* bytes of a control frame's payload, section 5.5 */

/* All zero: the next byte starts a frame, and no message is unfinished. */
struct frame_reader {
	uint64_t left; /* bytes of this frame's payload that are not received yet */
	unsigned char header[FRAME_READER_HEADER];
	uint8_t n_header; /* received bytes of the header */
	uint8_t mask_at;  /* 0 to 3: index of the next byte of the mask */
	bool in_payload;
	bool in_message; /* a fragmented message is unfinished */
	bool binary;     /* the unfinished message is binary */
};

enum frame_event {
	FRAME_MORE,    /* all bytes are used; call again with new bytes */
	FRAME_DATA,    /* a piece of a message */
	FRAME_CONTROL, /* a piece of a control frame */
	FRAME_BROKEN,  /* the client broke the protocol; no later byte can be parsed */
};

/* One piece of a frame. data points into the caller's bytes. */
struct frame_piece {
	/* FRAME_DATA: the opcode of the message, never OPCODE_CONTINUATION */
	enum frame_opcode opcode;
	char *data;
	size_t len;
	uint64_t left;     /* bytes of this frame that follow in later pieces */
	bool frame_starts; /* the first piece of a frame */
	bool fragment;     /* FRAME_DATA: the frame is not a whole message */
	bool message_ends; /* FRAME_DATA: the last piece of the last fragment */
	uint16_t code;     /* FRAME_BROKEN: code for the Close frame; why is its reason */
	const char *why;
};

/* Parses one event from the len bytes at data, and unmasks them in place. Returns how
 * many bytes it used. Call it again with the rest until FRAME_MORE. A frame without
 * payload is one piece of 0 bytes. */
size_t frame_reader_next(struct frame_reader *r, char *data, size_t len,
    enum frame_event *out_event, struct frame_piece *out);

/* Parses the payload of a Close frame (section 5.5.1). Returns true with the peer's code
 * in *out_code, or 1005 when the payload has none. Returns false when the payload breaks
 * the protocol: close with *out_code and *out_why. */
bool frame_reader_close(
    const char *payload, size_t len, uint16_t *out_code, const char **out_why);

/* True for UTF-8 of RFC 3629 section 4. U+0000 is allowed here; the JSON parser refuses
 * it with a message of its own. */
bool frame_reader_utf8(const char *text, size_t len);

#endif
