/* presence_watch: names the users whose changes the client receives. The frame matters in
 * large tenants, where a client does not receive the changes of all users. */
#include <stdio.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "frames/frames.h"
#include "presence/presence.h"

#include "core/banned.h"

struct watch_in {
	const struct json_trees *userIds;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct watch_in, userIds, JSON_TREES, true, 0, PRESENCE_WATCH_MAX),
};

static enum es_code
frame_presence_watch_read_user(const struct json_tree *entry, size_t i, struct arena *a,
    struct user_id *out, struct es_err *err)
{
	const char *text;
	struct es_err inner;
	char field[64];

	if (json_tree_text(entry, a, &text, &inner) == ES_OK &&
	    user_id_parse(text, out, &inner) == ES_OK)
		return ES_OK;
	(void)snprintf(field, sizeof(field), "userIds[%zu]", i);
	return es_fail_field(err, ES_INVALID, field, "must be a user id");
}

static enum es_code
frame_presence_watch_handle(struct frames *f, struct conn *c, const void *in,
    const char *id, struct arena *a, struct es_err *err)
{
	const struct json_trees *list = ((const struct watch_in *)in)->userIds;
	struct user_id *users = arena_alloc(a, (list->n + 1) * sizeof(*users));

	for (size_t i = 0; i < list->n; i++)
		TRY(frame_presence_watch_read_user(list->items[i], i, a, &users[i], err));
	frame_out_ack(c, "presence_watch", id, NULL, NULL);
	presence_watch(f->presence, c, users, list->n);
	return ES_OK;
}

const struct frame_type frame_presence_watch = {
    .type = "presence_watch",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct watch_in),
    .handler = frame_presence_watch_handle,
};
