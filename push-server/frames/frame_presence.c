/* presence: the client chooses the status of this connection, which counts for the status
 * of its user. */
#include "conn/frame_out.h"
#include "core/check.h"
#include "frames/frames.h"
#include "presence/presence.h"

#include "core/banned.h"

struct presence_in {
	const char *status;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct presence_in, status, JSON_STRING, true, 1, 16),
};

static enum es_code
frame_presence_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct presence_in *presence = in;
	enum presence_status status;

	(void)a;
	if (!presence_parse(presence->status, &status))
		return es_fail_field(
		    err, ES_INVALID, "status", "must be online, idle or offline");
	presence_choose(f->presence, c, status);
	frame_out_ack(c, "presence", id, NULL, NULL);
	return ES_OK;
}

const struct frame_type frame_presence = {
    .type = "presence",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct presence_in),
    .handler = frame_presence_handle,
};
