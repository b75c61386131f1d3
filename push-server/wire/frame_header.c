#include "wire/frame_header.h"

#include <stdint.h>

#include "core/banned.h"

#define FIN       0x80
#define SHORT_MAX 125
/* These values of the 7-bit length mean that the length follows in two or eight bytes. */
#define LENGTH_IN_TWO 126
#define LENGTH_IN_8   127

size_t
frame_header_len(size_t payload)
{
	if (payload <= SHORT_MAX)
		return 2;
	return payload <= UINT16_MAX ? 4 : 10;
}

size_t
frame_header(enum frame_opcode opcode, size_t payload, char out[FRAME_HEADER_MAX])
{
	const size_t len = frame_header_len(payload);

	out[0] = (char)(FIN | opcode);
	if (len == 2)
		out[1] = (char)payload;
	else
		out[1] = len == 4 ? LENGTH_IN_TWO : LENGTH_IN_8;
	for (size_t i = 2; i < len; i++)
		out[i] = (char)(payload >> (8 * (len - 1 - i)));
	return len;
}

size_t
frame_header_payload(const char *frame)
{
	const unsigned char *p = (const unsigned char *)frame;
	size_t n = 2, payload = 0;

	if (p[1] <= SHORT_MAX)
		return p[1];
	if (p[1] == LENGTH_IN_8)
		n = 8;
	for (size_t i = 0; i < n; i++)
		payload = payload << 8 | p[2 + i];
	return payload;
}
