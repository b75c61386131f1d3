#include "frame_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_write.h"

#include "core/banned.h"

void
frame_log_fill(struct frame_log *log, unsigned n, size_t payload)
{
	char *body = malloc(payload + 1);

	*log =
	    (struct frame_log){.data = malloc(n * (payload + FRAME_HEADER_MAX)), .n = n};
	for (unsigned i = 0; i < n; i++) {
		const int k = snprintf(body, payload + 1, "{\"n\":%u,\"fill\":\"", i + 1);

		memset(body + k, 'x', payload - (size_t)k - 2);
		memcpy(body + payload - 2, "\"}", 2);
		log->at[i] = log->len;
		log->len += frame_header(OPCODE_TEXT, payload, log->data + log->len);
		memcpy(log->data + log->len, body, payload);
		log->len += payload;
	}
	log->at[n] = log->len;
	free(body);
}
