/* Reads the members of the server's frames that echostreamctl uses. */
#ifndef CTL_CTL_FRAME_H
#define CTL_CTL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/attr.h"

/* Texts are NULL when the frame does not have them. */
struct ctl_frame {
	const char *type, *op, *id, *channelId, *body;
	const char *payload; /* JSON; {} when the frame has none */
	int64_t seq;
	bool has_body, has_seq, has_payload;
};

/* Returns false when the text is no frame. The members live as long as the arena. */
bool ctl_frame_read(
    struct arena *a, const char *text, size_t len, struct ctl_frame *out) ES_MUST_CHECK;

#endif
