#include "wire/frame_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "wire/frame_header.h"

#include "core/banned.h"

void
frame_text_init(struct frame_text *t, unsigned char *buf, size_t size)
{
	CHECK(size > FRAME_HEADER && size <= FRAME_HEADER + UINT16_MAX);
	t->start = t->at = buf + FRAME_HEADER;
	t->end = buf + size;
	t->overflow = false;
}

void
frame_text_put(struct frame_text *t, const char *s, size_t len)
{
	if (t->overflow || (size_t)(t->end - t->at) < len) {
		t->overflow = true;
		return;
	}
	memcpy(t->at, s, len);
	t->at += len;
}

void
frame_text_raw(struct frame_text *t, const char *s)
{
	frame_text_put(t, s, strlen(s));
}

static void
frame_text_put_escape(struct frame_text *t, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char named[] = {
	    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	char text[6] = {'\\', 'u', '0', '0'};

	if (c == '"' || c == '\\') {
		text[1] = (char)c;
		frame_text_put(t, text, 2);
	} else if (c < sizeof(named) && named[c] != 0) {
		text[1] = named[c];
		frame_text_put(t, text, 2);
	} else {
		text[4] = hex[c >> 4];
		text[5] = hex[c & 15];
		frame_text_put(t, text, sizeof(text));
	}
}

void
frame_text_string(struct frame_text *t, const char *s)
{
	const char *plain = s;

	if (s == NULL) {
		frame_text_put(t, "null", 4);
		return;
	}
	frame_text_put(t, "\"", 1);
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		frame_text_put(t, plain, (size_t)(s - plain));
		frame_text_put_escape(t, c);
		plain = s + 1;
	}
	frame_text_put(t, plain, (size_t)(s - plain));
	frame_text_put(t, "\"", 1);
}

void
frame_text_int(struct frame_text *t, int64_t value)
{
	char digits[24];
	const int n = snprintf(digits, sizeof(digits), "%" PRId64, value);

	frame_text_put(t, digits, (size_t)n);
}

const unsigned char *
frame_text_finish(struct frame_text *t, size_t *out_len)
{
	const size_t payload = (size_t)(t->at - t->start);
	char header[FRAME_HEADER_MAX];
	const size_t len = frame_header(OPCODE_TEXT, payload, header);

	CHECK(!t->overflow && len <= FRAME_HEADER);
	memcpy(t->start - len, header, len);
	*out_len = len + payload;
	return t->start - len;
}
