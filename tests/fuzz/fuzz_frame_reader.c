/* Any bytes as the frames of a client. The result does not depend on how the bytes are
 * cut into pieces, and the reader does not read beyond a piece. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "wire/frame_reader.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the reader returned, independent of the pieces: opcode, payload and end of each
 * frame. */
struct read_frames {
	char *text;
	size_t len;
	bool broken;
};

static void
append_piece(struct read_frames *h, const struct frame_piece *piece, bool control)
{
	if (piece->frame_starts)
		h->text[h->len++] = (char)('0' + (int)piece->opcode);
	memcpy(h->text + h->len, piece->data, piece->len);
	h->len += piece->len;
	if (piece->left == 0)
		h->text[h->len++] = piece->message_ends ? '.' : control ? '!' : '-';
}

/* Passes step bytes at a time to the reader. Each piece is in a block of exactly its
 * size, so that the sanitizer finds a read beyond the piece. */
static void
read_all(const uint8_t *data, size_t size, size_t step, struct read_frames *h)
{
	struct frame_reader r = {0};

	*h = (struct read_frames){.text = malloc(3 * size + 16)};
	for (size_t at = 0; at < size && !h->broken; at += step) {
		const size_t n = size - at < step ? size - at : step;
		char *block = malloc(n);

		memcpy(block, data + at, n);
		for (size_t used = 0; used < n && !h->broken;) {
			struct frame_piece piece;
			enum frame_event event;
			const size_t now =
			    frame_reader_next(&r, block + used, n - used, &event, &piece);

			CHECK(now > 0 && now <= n - used);
			used += now;
			h->broken = event == FRAME_BROKEN;
			if (event == FRAME_DATA || event == FRAME_CONTROL)
				append_piece(h, &piece, event == FRAME_CONTROL);
		}
		free(block);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t step = size > 0 ? data[0] % 16U + 1 : 1;
	struct read_frames whole, parts;
	uint16_t code;
	const char *why;

	if (size > 65536)
		return 0;
	read_all(data, size, size > 0 ? size : 1, &whole);
	read_all(data, size, step, &parts);
	CHECK(whole.broken == parts.broken && whole.len == parts.len);
	CHECK(memcmp(whole.text, parts.text, whole.len) == 0);
	free(whole.text);
	free(parts.text);
	CHECK(frame_reader_close((const char *)data, size, &code, &why) == (why == NULL));
	return 0;
}
