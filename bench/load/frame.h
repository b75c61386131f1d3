/* WebSocket frames (RFC 6455, section 5.2), as a client or a server writes and reads
 * them. Reads only messages of one frame, and refuses payloads above 65,535 bytes. */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD_MAX 8     /* bytes before the payload, the mask included */
#define FRAME_MAX      65535 /* longest payload */

enum frame_op { FRAME_TEXT = 1, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

struct frame {
	enum frame_op op;
	char *data; /* in the caller's buffer, unmasked */
	size_t len;
};

/* Writes a masked frame to out, which has room for len + FRAME_HEAD_MAX bytes. Returns
 * the number of bytes. */
size_t frame_masked(
    char *out, enum frame_op op, uint32_t mask, const char *data, size_t len);
/* Writes the head of an unmasked frame. Returns its number of bytes. */
size_t frame_head(char *out, enum frame_op op, size_t len);
/* Reads the frame at the start of data and unmasks it in place. Returns its number of
 * bytes; 0: the frame is not complete; -1: the frame is not of this kind. */
long frame_read(struct frame *f, char *data, size_t len);

#endif
