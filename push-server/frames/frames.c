#include "frames/frames.h"

#include <string.h>

#include "conn/conn_write.h"
#include "conn/frame_out.h"
#include "core/check.h"
#include "frames/flood.h"
#include "who/greeting.h"

#include "core/banned.h"

#define EARLY_FRAMES_MAX \
	64 /* maximum number of frames of one connection that wait for hello */

const struct frame_type *const frame_types[] = {
    &frame_subscribe,
    &frame_unsubscribe,
    &frame_send,
    &frame_edit,
    &frame_delete,
    &frame_react,
    &frame_unreact,
    &frame_typing,
    &frame_sync,
    &frame_read,
    &frame_presence,
    &frame_presence_watch,
    &frame_auth,
    &frame_ping,
};
const size_t n_frame_types = ES_COUNT(frame_types);
_Static_assert(PM_FRAME_OTHER - PM_FRAME_SUBSCRIBE == ES_COUNT(frame_types),
    "frames and their counters are in one order");

/* The fields of every frame, parsed before those of its type. */
struct frame_head {
	const char *type;
	const char *id;
};
/* id comes first, so that an error about type can carry the id. */
static const struct json_field head_fields[] = {
    JSON_FIELD(struct frame_head, id, JSON_STRING, false, 1, FRAME_ID_MAX),
    JSON_FIELD(struct frame_head, type, JSON_STRING, true, 1, 64),
};

static const struct frame_type *
frames_find(const char *type, size_t *out_index)
{
	for (*out_index = 0; *out_index < n_frame_types; ++*out_index)
		if (strcmp(frame_types[*out_index]->type, type) == 0)
			return frame_types[*out_index];
	return NULL;
}

/* Keeps a frame that came before hello, with its length in front. */
static void
frames_keep(struct frames *f, struct conn *c, const char *json, size_t len)
{
	const uint32_t n = (uint32_t)len;
	const size_t cap = (size_t)f->env->conf->frame_max_bytes + 4UL * EARLY_FRAMES_MAX;

	if (c->in.n_waiting < EARLY_FRAMES_MAX &&
	    conn_bytes_add(&c->in.waiting, (const char *)&n, sizeof(n), cap) &&
	    conn_bytes_add(&c->in.waiting, json, len, cap)) {
		c->in.n_waiting++;
		return;
	}
	conn_close(c, CLOSE_PROTOCOL, "too many bytes were sent before hello");
}

static enum es_code
frames_run(struct frames *f, struct conn *c, const struct frame_type *type,
    const char *id, const struct json_tree *tree, struct arena *a, struct es_err *err)
{
	void *in = arena_alloc(a, type->size > 0 ? type->size : 1);

	if (type->n_fields > 0)
		TRY(json_tree_bind(
		    tree, type->fields, type->n_fields, JSON_IGNORE_UNKNOWN, a, in, err));
	return type->handler(f, c, in, id, a, err);
}

/* Counts a failed frame of a type with FRAME_OWN_LIMIT: the frame failed before its own
 * limit could count it. ES_BUSY (too many sends wait for this channel) counts as a
 * refused send, any other failure by ES_LIMIT_FRAMES. Returns false when the client has
 * already received an error frame or its connection is closed. */
static bool
frames_count_failed(struct conn *c, const struct frame_type *type, enum es_code rc,
    const struct frame_head *head)
{
	if (type == NULL || !(type->flags & FRAME_OWN_LIMIT))
		return true;
	if (rc != ES_BUSY)
		return flood_within_rate(c, head->type, head->id);
	flood_count_refused(c);
	return true;
}

/* Returns true for a frame that ES_LIMIT_FRAMES does not count. */
static bool
frames_is_free(struct conn *c, const struct frame_type *type)
{
	if (type == NULL)
		return false;
	return (type->flags & FRAME_OWN_LIMIT) ||
	       ((type->flags & FRAME_FREE_PING) && flood_free_ping(c));
}

static void
frames_dispatch(
    struct frames *f, struct conn *c, const char *json, size_t len, struct arena *a)
{
	struct frame_head head = {0};
	struct es_err err = {0};
	const struct frame_type *type = NULL;
	const struct json_tree *tree = NULL;
	size_t index = n_frame_types;
	enum es_code rc;

	rc = json_tree_parse(json, len, a, &tree, &err);
	if (rc == ES_OK)
		rc = json_tree_bind(tree, head_fields, ES_COUNT(head_fields),
		    JSON_IGNORE_UNKNOWN, a, &head, &err);
	if (rc == ES_OK)
		type = frames_find(head.type, &index);
	if (c->state == CONN_GREETING && (type == NULL || !(type->flags & FRAME_EARLY))) {
		frames_keep(f, c, json, len);
		return;
	}
	metrics_add(f->env->metrics, (unsigned)(PM_FRAME_SUBSCRIBE + index), 1);
	if (!frames_is_free(c, type) && !flood_within_rate(c, head.type, head.id))
		return;
	if (rc == ES_OK && type == NULL)
		rc = es_fail_field(&err, ES_UNKNOWN_TYPE, "type", "unknown frame type");
	if (type != NULL && !(type->flags & FRAME_PASSIVE))
		c->last_frame_ms = f->env->now_ms;
	if (rc == ES_OK && type != NULL)
		rc = frames_run(f, c, type, head.id, tree, a, &err);
	if (rc != ES_OK && frames_count_failed(c, type, rc, &head))
		frame_out_error(c, head.type, head.id, NULL, &err);
}

void
frames_receive(struct frames *f, struct conn *c, const char *json, size_t len)
{
	struct arena *a;

	/* The greeting checks one token only. Until it ends, all other frames wait. */
	if (greeting_is_checking(c)) {
		frames_keep(f, c, json, len);
		return;
	}
	a = arena_new();
	frames_dispatch(f, c, json, len, a);
	arena_free(&a);
}

void
frames_resume(struct frames *f, struct conn *c)
{
	struct conn_bytes waiting = c->in.waiting;
	uint32_t at = 0, n;

	memset(&c->in.waiting, 0, sizeof(c->in.waiting));
	c->in.n_waiting = 0;
	while (at < waiting.len && c->state == CONN_OPEN) {
		memcpy(&n, waiting.data + at, sizeof(n));
		at += (uint32_t)sizeof(n);
		frames_receive(f, c, waiting.data + at, n);
		at += n;
	}
	conn_bytes_fini(&waiting);
}

void
frames_dump(FILE *to)
{
	(void)fputs("[", to);
	for (size_t i = 0; i < n_frame_types; i++) {
		const struct frame_type *t = frame_types[i];

		(void)fprintf(
		    to, "%s\n{\"type\":\"%s\",\"fields\":[", i > 0 ? "," : "", t->type);
		for (size_t k = 0; k < t->n_fields; k++)
			(void)fprintf(
			    to, "%s\"%s\"", k > 0 ? "," : "", t->fields[k].name);
		(void)fputs("]}", to);
	}
	(void)fputs("\n]\n", to);
}
