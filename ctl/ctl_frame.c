#include "ctl_frame.h"

#include "core/id.h"
#include "json/json_bind.h"

#include "core/banned.h"

bool
ctl_frame_read(struct arena *a, const char *text, size_t len, struct ctl_frame *out)
{
	static const struct json_field fields[] = {
	    JSON_FIELD(struct ctl_frame, type, JSON_STRING, true, 1, 64),
	    JSON_FIELD(struct ctl_frame, op, JSON_STRING, false, 0, 64),
	    JSON_FIELD(struct ctl_frame, id, JSON_STRING, false, 0, 200),
	    JSON_FIELD(struct ctl_frame, channelId, JSON_STRING, false, 0, 64),
	    JSON_FIELD_OPT(struct ctl_frame, body, JSON_STRING, 0, (1 << 20)),
	    JSON_FIELD_OPT(struct ctl_frame, seq, JSON_INT, 0, ES_INT_MAX_EXACT),
	    JSON_FIELD_OPT(struct ctl_frame, payload, JSON_RAW, 0, (1 << 20)),
	};
	struct es_err err;

	*out = (struct ctl_frame){0};
	if (json_bind(text, len, fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN, a, out,
		&err) != ES_OK)
		return false;
	if (out->payload == NULL)
		out->payload = "{}";
	return true;
}
