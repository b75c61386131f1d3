/* ping: the server answers with pong, which carries the client's frame id if there is
 * one. */
#include "conn/frame_out.h"
#include "frames/frames.h"

#include "core/banned.h"

static enum es_code
frame_ping_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	(void)f, (void)in, (void)a, (void)err;
	frame_out_pong(c, id);
	return ES_OK;
}

const struct frame_type frame_ping = {.type = "ping",
    .handler = frame_ping_handle,
    .flags = FRAME_PASSIVE | FRAME_FREE_PING};
