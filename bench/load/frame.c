#include "frame.h"

#include <string.h>

size_t
frame_head(char *out, enum frame_op op, size_t len)
{
	out[0] = (char)(0x80 | (unsigned)op);
	if (len < 126) {
		out[1] = (char)len;
		return 2;
	}
	out[1] = 126;
	out[2] = (char)(len >> 8);
	out[3] = (char)len;
	return 4;
}

static void
frame_mask(char *to, const char *from, size_t len, const unsigned char key[4])
{
	for (size_t i = 0; i < len; i++)
		to[i] = (char)((unsigned char)from[i] ^ key[i & 3]);
}

size_t
frame_masked(char *out, enum frame_op op, uint32_t mask, const char *data, size_t len)
{
	size_t n = frame_head(out, op, len);
	unsigned char key[4];

	out[1] = (char)((unsigned char)out[1] | 0x80);
	memcpy(key, &mask, sizeof(key));
	memcpy(out + n, key, sizeof(key));
	n += sizeof(key);
	frame_mask(out + n, data, len, key);
	return n + len;
}

long
frame_read(struct frame *f, char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t head = 2, size;

	if (len < 2)
		return 0;
	size = p[1] & 0x7f;
	if (size == 127 || (p[0] & 0xf0) != 0x80)
		return -1;
	if (size == 126) {
		head = 4;
		if (len < head)
			return 0;
		size = (size_t)(p[2] << 8 | p[3]);
	}
	if ((p[1] & 0x80) != 0)
		head += 4;
	if (len < head + size)
		return 0;
	if ((p[1] & 0x80) != 0)
		frame_mask(data + head, data + head, size, p + head - 4);
	f->op = (enum frame_op)(p[0] & 15);
	f->data = data + head;
	f->len = size;
	return (long)(head + size);
}
