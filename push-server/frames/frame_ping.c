/* ping: answered by pong, with the id if there was one. */
#include "conn/frame_out.h"
#include "frames/frames.h"

#include "core/banned.h"

static enum es_code
handle(struct worker *w, struct conn *c, const void *in, const char *id, struct arena *a,
    struct es_err *err)
{
	(void)w, (void)in, (void)a, (void)err;
	frame_out_pong(c, id);
	return ES_OK;
}

const struct frame_type frame_ping = {
    .type = "ping", .handler = handle, .flags = FRAME_PASSIVE};
