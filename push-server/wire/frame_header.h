/* Writes the header of a server's WebSocket frame (RFC 6455 section 5.2): one whole
 * frame, without extension or mask. frame_reader.h parses the frames of clients. */
#ifndef PUSH_FRAME_HEADER_H
#define PUSH_FRAME_HEADER_H

#include <stddef.h>

enum frame_opcode {
	OPCODE_CONTINUATION = 0,
	OPCODE_TEXT = 1,
	OPCODE_BINARY = 2,
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10
};

/* Room for the header of any frame. */
#define FRAME_HEADER_MAX 10

/* Bytes of the header of a frame with a payload of that many bytes: 2, 4 or 10. */
size_t frame_header_len(size_t payload);
/* Writes the header of one whole frame; returns its length. */
size_t frame_header(enum frame_opcode opcode, size_t payload, char out[FRAME_HEADER_MAX]);
/* Length of the payload, in bytes, of the frame that starts at `frame`. */
size_t frame_header_payload(const char *frame);

#endif
