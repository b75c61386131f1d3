/* read: move the user's read mark in a channel forward. */
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "frames/frames.h"
#include "hub/authz.h"
#include "pg/pg_async.h"
#include "store/message_store.h"

#include "core/banned.h"

#define READ_MS 3000

struct read_in {
	const char *channelId;
	int64_t messageId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct read_in, channelId, JSON_UUID, true, 1, 64),
    JSON_FIELD(
	struct read_in, messageId, JSON_NUMBER_OR_STRING, true, 0, ES_INT_MAX_EXACT),
};

/* One mark under way: may he see the channel, then the update. */
struct mark {
	struct frames *frames;
	struct conn_ref ref;
	struct channel_id channel;
	int64_t message_id;
	char id[FRAME_ID_MAX * 4 + 1];
	bool has_id;
};

static void
frame_read_finish(struct mark *m, const struct es_err *err)
{
	struct conn *c = conn_get(m->frames->conns, m->ref);
	const char *id = m->has_id ? m->id : NULL;

	if (c != NULL && err == NULL)
		frame_out_ack(c, "read", id, m->channel.text, NULL);
	else if (c != NULL)
		frame_out_error(c, "read", id, m->channel.text, err);
	mem_free(m);
}

static void
frame_read_on_marked(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *dberr)
{
	struct read_mark stands;
	struct es_err err;

	if (rc == ES_OK && pg_next(rows, a, &stands)) {
		frame_read_finish(ctx, NULL);
		return;
	}
	err = *dberr;
	if (rc == ES_OK)
		IGNORE(es_fail(&err, ES_FORBIDDEN, "only members have a read mark"));
	frame_read_finish(ctx, &err);
}

static void
frame_read_on_allowed(void *ctx, enum es_code rc, const struct es_err *why)
{
	struct mark *m = ctx;
	struct conn *c = conn_get(m->frames->conns, m->ref);
	struct arena *a;
	struct es_err err;

	if (c == NULL || (rc != ES_OK && rc != ES_CHANNEL_ARCHIVED)) {
		frame_read_finish(m, why);
		return;
	}
	a = arena_new();
	rc = pg_async_send(m->frames->pg, &c->tenant, &message_store_read_stmt,
	    message_store_read_params(
		a, &c->tenant, &m->channel, &c->user, m->message_id),
	    READ_MS, frame_read_on_marked, m, &err);
	arena_free(&a);
	if (rc != ES_OK)
		frame_read_finish(m, &err);
}

static enum es_code
frame_read_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct read_in *read = in;
	struct channel_id channel;
	struct mark *m;

	(void)a;
	TRY(channel_id_parse(read->channelId, &channel, err));
	m = mem_new(1, sizeof(*m));
	*m = (struct mark){
	    .frames = f,
	    .ref = c->ref,
	    .channel = channel,
	    .message_id = read->messageId,
	    .has_id = id != NULL,
	};
	if (id != NULL)
		(void)snprintf(m->id, sizeof(m->id), "%s", id);
	authz_check(f->hub, c, &m->channel, frame_read_on_allowed, m);
	return ES_OK;
}

const struct frame_type frame_read = {
    .type = "read",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct read_in),
    .handler = frame_read_handle,
};
