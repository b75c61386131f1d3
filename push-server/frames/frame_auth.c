/* auth: the first token of a connection whose handshake had none, or a fresh token of the
 * same user. */
#include "frames/frames.h"
#include "who/fresh_token.h"
#include "who/greeting.h"

#include "core/banned.h"

struct auth_in {
	const char *token;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct auth_in, token, JSON_STRING, true, 1, TOKEN_MAX),
};

static enum es_code
frame_auth_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct auth_in *auth = in;

	(void)a;
	if (c->state == CONN_GREETING) { /* the answer is hello or a close, not an ack */
		greeting_token(f->who, c, auth->token);
		return ES_OK;
	}
	return fresh_token_begin(f->who, c, auth->token, id, err);
}

const struct frame_type frame_auth = {
    .type = "auth",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct auth_in),
    .handler = frame_auth_handle,
    .flags = FRAME_EARLY | FRAME_PASSIVE,
};
