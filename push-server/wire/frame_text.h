/* Writes a frame of JSON into a fixed buffer, with room for the WebSocket header in front
 * of it. Used for the most frequent frames, because it allocates nothing. An overflow
 * sets a flag, which the caller checks once, at the end. */
#ifndef PUSH_FRAME_TEXT_H
#define PUSH_FRAME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 4 /* the longest header of a frame below 64 KiB */

struct frame_text {
	unsigned char *start, *at, *end;
	bool overflow;
};

/* The JSON starts FRAME_HEADER bytes after buf. */
void frame_text_init(struct frame_text *t, unsigned char *buf, size_t size);
void frame_text_raw(struct frame_text *t, const char *s);
void frame_text_put(struct frame_text *t, const char *s, size_t len);
/* Writes s as a JSON string with quotes, or null for NULL; s must be valid UTF-8. */
void frame_text_string(struct frame_text *t, const char *s);
void frame_text_int(struct frame_text *t, int64_t value);

/* Writes the header of one unmasked, unfragmented text frame in front of the JSON.
 * Returns the first byte of the frame, and in *out_len the length of header and JSON.
 * Must not be called after an overflow. */
const unsigned char *frame_text_finish(struct frame_text *t, size_t *out_len);

#endif
