#include "wire/frame_reader.h"

#include <string.h>

#include "core/parse.h"
#include "wire/close_code.h"

#include "core/banned.h"

static bool
frame_reader_is_control(const struct frame_reader *r)
{
	return (r->header[0] & 0x08) != 0;
}

static enum frame_opcode
frame_reader_opcode(const struct frame_reader *r)
{
	return (enum frame_opcode)(r->header[0] & 0x0f);
}

static bool
frame_reader_final(const struct frame_reader *r)
{
	return (r->header[0] & 0x80) != 0;
}

/* Returns the length of the header, as far as the received bytes show it. */
static size_t
frame_reader_header_len(const struct frame_reader *r)
{
	const unsigned short_len = r->header[1] & 0x7f;

	if (r->n_header < 2)
		return 2;
	return 2U +
	       (short_len == 127      ? 8
		   : short_len == 126 ? 2
				      : 0) +
	       ((r->header[1] & 0x80) != 0 ? 4 : 0);
}

/* Checks the first two bytes of a frame; returns why they are refused, or NULL. */
static const char *
frame_reader_check_start(const struct frame_reader *r)
{
	const unsigned short_len = r->header[1] & 0x7f;

	if ((r->header[0] & 0x70) != 0)
		return "a reserved bit is set";
	if ((r->header[1] & 0x80) == 0)
		return "a client must mask its frames";
	switch (frame_reader_opcode(r)) {
	case OPCODE_CONTINUATION:
		return r->in_message ? NULL : "a continuation frame without a message";
	case OPCODE_TEXT:
	case OPCODE_BINARY:
		return r->in_message ? "a new message inside an unfinished one" : NULL;
	case OPCODE_CLOSE:
	case OPCODE_PING:
	case OPCODE_PONG:
		if (!frame_reader_final(r))
			return "a control frame in fragments";
		return short_len > FRAME_CONTROL_MAX
		           ? "a control frame of more than 125 bytes"
		           : NULL;
	}
	return "an unknown opcode";
}

/* Start the payload of a frame whose header is complete; returns why the length is
 * refused, or NULL. */
static const char *
frame_reader_begin(struct frame_reader *r)
{
	const unsigned short_len = r->header[1] & 0x7f;
	const unsigned n_len = short_len == 127 ? 8 : short_len == 126 ? 2 : 0;

	r->left = n_len == 0 ? short_len : 0;
	for (unsigned i = 0; i < n_len; i++)
		r->left = r->left << 8 | r->header[2 + i];
	if (short_len == 127 && r->left >> 63 != 0)
		return "a length above 2^63";
	if ((short_len == 126 && r->left < 126) || (short_len == 127 && r->left < 65536))
		return "a length not in its shortest form";
	r->in_payload = true;
	r->mask_at = 0;
	if (!frame_reader_is_control(r)) {
		if (frame_reader_opcode(r) != OPCODE_CONTINUATION)
			r->binary = frame_reader_opcode(r) == OPCODE_BINARY;
		r->in_message = true;
	}
	return NULL;
}

/* Take bytes of the header. *out_why says why the header is refused, or is NULL. */
static size_t
frame_reader_take_header(
    struct frame_reader *r, const char *data, size_t len, const char **out_why)
{
	size_t used = 0;

	*out_why = NULL;
	while (used < len && r->n_header < frame_reader_header_len(r)) {
		r->header[r->n_header++] = (unsigned char)data[used++];
		if (r->n_header == 2)
			*out_why = frame_reader_check_start(r);
		if (*out_why != NULL)
			return used;
	}
	if (r->n_header >= 2 && r->n_header == frame_reader_header_len(r))
		*out_why = frame_reader_begin(r);
	return used;
}

static void
frame_reader_unmask(struct frame_reader *r, char *data, size_t len)
{
	const unsigned char *mask = r->header + r->n_header - 4;
	unsigned char *bytes = (unsigned char *)data;
	uint64_t word, wide;
	unsigned char rotated[8];
	size_t i = 0;

	for (unsigned k = 0; k < sizeof(rotated); k++)
		rotated[k] = mask[(r->mask_at + k) % 4];
	memcpy(&wide, rotated, sizeof(wide));
	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		word ^= wide;
		memcpy(bytes + i, &word, sizeof(word));
	}
	for (; i < len; i++)
		bytes[i] ^= rotated[i % 4];
	r->mask_at = (uint8_t)((r->mask_at + len) % 4);
}

static size_t
frame_reader_broken(
    const char *why, size_t used, enum frame_event *out_event, struct frame_piece *out)
{
	*out_event = FRAME_BROKEN;
	out->code = CLOSE_BROKEN;
	out->why = why;
	return used;
}

size_t
frame_reader_next(struct frame_reader *r, char *data, size_t len,
    enum frame_event *out_event, struct frame_piece *out)
{
	const bool starts = !r->in_payload;
	const char *why = NULL;
	size_t used = 0, n;

	*out = (struct frame_piece){0};
	*out_event = FRAME_MORE;
	if (starts) {
		used = frame_reader_take_header(r, data, len, &why);
		if (why != NULL)
			return frame_reader_broken(why, used, out_event, out);
		if (!r->in_payload)
			return used;
	}
	n = len - used < r->left ? len - used : (size_t)r->left;
	if (n == 0 && r->left > 0 && !starts)
		return used;
	frame_reader_unmask(r, data + used, n);
	r->left -= n;
	out->data = data + used;
	out->len = n;
	out->left = r->left;
	out->frame_starts = starts;
	out->opcode = frame_reader_opcode(r);
	*out_event = FRAME_CONTROL;
	if (!frame_reader_is_control(r)) {
		*out_event = FRAME_DATA;
		out->fragment = !frame_reader_final(r) ||
		                frame_reader_opcode(r) == OPCODE_CONTINUATION;
		out->opcode = r->binary ? OPCODE_BINARY : OPCODE_TEXT;
		out->message_ends = r->left == 0 && frame_reader_final(r);
		r->in_message = !out->message_ends;
	}
	if (r->left == 0) {
		r->in_payload = false;
		r->n_header = 0;
	}
	return used + n;
}

/* Close codes that an endpoint may send (RFC 6455 section 7.4 and the registry of section
 * 11.7). */
static bool
frame_reader_code_allowed(unsigned code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

bool
frame_reader_close(
    const char *payload, size_t len, uint16_t *out_code, const char **out_why)
{
	const unsigned char *p = (const unsigned char *)payload;
	uint16_t code;

	*out_code = CLOSE_NO_CODE;
	*out_why = NULL;
	if (len == 0)
		return true;
	*out_code = CLOSE_BROKEN;
	*out_why = "a Close frame of one byte";
	if (len == 1)
		return false;
	code = (uint16_t)((unsigned)p[0] << 8 | p[1]);
	*out_why = "a close code that must not be sent";
	if (!frame_reader_code_allowed(code))
		return false;
	*out_code = CLOSE_BAD_UTF8;
	*out_why = "the reason of the Close frame is not UTF-8";
	if (!frame_reader_utf8(payload + 2, len - 2))
		return false;
	*out_code = code;
	*out_why = NULL;
	return true;
}

bool
frame_reader_utf8(const char *text, size_t len)
{
	while (len > 0) {
		const char *nul = memchr(text, '\0', len);
		const size_t n = nul == NULL ? len : (size_t)(nul - text);
		size_t points;

		if (!utf8_length(text, n, &points))
			return false;
		if (nul == NULL)
			return true;
		text += n + 1;
		len -= n + 1;
	}
	return true;
}
