/* sync: many subscribes in one frame. If the frame has an id, each channel is answered by
 * an ack or error of its own, and the last ack has the results of all. A malformed entry,
 * or two entries of one channel, refuse the whole frame before any entry takes effect.
 * Each entry counts as one channel in ES_LIMIT_SUBSCRIBES. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "event/feed.h"
#include "frames/flood.h"
#include "frames/frames.h"
#include "hub/subscribe.h"
#include "hub/sync_answer.h"

#include "core/banned.h"

#define EPOCH_MAX 64

struct sync_in {
	const struct json_trees *channels;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct sync_in, channels, JSON_TREES, true, 0, SYNC_MAX),
};

struct entry_in {
	const char *channelId;
	int64_t after;
	bool has_after;
	const char *epoch;
	bool has_epoch;
	int64_t last;
	bool has_last;
};

static const struct json_field entry_fields[] = {
    JSON_FIELD(struct entry_in, channelId, JSON_UUID, true, 1, 64),
    JSON_FIELD_OPT(struct entry_in, after, JSON_NUMBER_OR_STRING, 0, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct entry_in, epoch, JSON_STRING, 1, EPOCH_MAX),
    JSON_FIELD_OPT(struct entry_in, last, JSON_INT, 1, SUBSCRIBE_LAST_MAX),
};

static enum es_code
frame_sync_read_entry(const struct json_tree *entry, size_t i, struct arena *a,
    struct entry_in *out, struct es_err *err)
{
	struct es_err inner;
	enum es_code rc = json_tree_bind(entry, entry_fields, ES_COUNT(entry_fields),
	    JSON_IGNORE_UNKNOWN, a, out, &inner);
	char field[96]; /* es_fail_field() may cut it to the size of es_err.field */

	if (rc == ES_OK && out->has_last && out->has_after)
		rc = es_fail_field(
		    &inner, ES_INVALID, "last", "cannot be given together with `after`");
	if (rc == ES_OK)
		return ES_OK;
	(void)snprintf(field, sizeof(field), "channels[%zu]%s%.30s", i,
	    inner.field[0] != '\0' ? "." : "", inner.field);
	return es_fail_field(err, ES_INVALID, field, "%s", inner.text);
}

/* The index of an entry, for sorting by channel. */
struct sync_place {
	const char *channel;
	size_t i;
};

static int
frame_sync_compare(const void *a, const void *b)
{
	const struct sync_place *x = a, *y = b;
	const int order = strcmp(x->channel, y->channel);

	if (order != 0)
		return order;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* Refuses a channel that two entries name, because it is unclear which of the two entries
 * the client means. */
static enum es_code
frame_sync_check_once(
    const struct entry_in entries[], size_t n, struct arena *a, struct es_err *err)
{
	struct sync_place *places = arena_alloc(a, (n + 1) * sizeof(*places));
	size_t first = n, second = n;
	char field[40];

	for (size_t i = 0; i < n; i++)
		places[i] = (struct sync_place){entries[i].channelId, i};
	qsort(places, n, sizeof(*places), frame_sync_compare);
	for (size_t i = 1; i < n; i++)
		if (strcmp(places[i - 1].channel, places[i].channel) == 0 &&
		    places[i].i < second) {
			first = places[i - 1].i;
			second = places[i].i;
		}
	if (second == n)
		return ES_OK;
	(void)snprintf(field, sizeof(field), "channels[%zu].channelId", second);
	return es_fail_field(
	    err, ES_INVALID, field, "repeats the channel of channels[%zu]", first);
}

/* sync is NULL for a frame without an id. */
static void
frame_sync_begin(struct frames *f, struct conn *c, const struct entry_in *entry,
    const char *id, struct sync_answer *sync, size_t i)
{
	struct subscribe_request req = {.op = "sync",
	    .id = id,
	    .has_after = entry->has_after,
	    .after = entry->after,
	    .epoch = entry->epoch,
	    .newest = entry->has_last ? entry->last : 0,
	    .sync = sync,
	    .sync_i = i};
	struct es_err err = {.code = ES_UNAVAILABLE};

	if (c->state == CONN_OPEN && flood_count_subscribe(c, &err) == ES_OK &&
	    feed_parse_channel(
		entry->channelId, &c->tenant, &c->user, &req.channel, &err) == ES_OK &&
	    subscribe_begin(f->hub, c, &req, &err) == ES_OK)
		return;
	frame_out_error(c, "sync", id, entry->channelId, &err);
	if (sync != NULL)
		sync_answer_failed(sync, i, err.code);
}

static enum es_code
frame_sync_handle(struct frames *f, struct conn *c, const void *in, const char *id,
    struct arena *a, struct es_err *err)
{
	const struct json_trees *channels = ((const struct sync_in *)in)->channels;
	struct entry_in *entries = arena_alloc(a, (channels->n + 1) * sizeof(*entries));
	const char **names = arena_alloc(a, (channels->n + 1) * sizeof(*names));
	struct sync_answer *sync = NULL;

	for (size_t i = 0; i < channels->n; i++) {
		TRY(frame_sync_read_entry(channels->items[i], i, a, &entries[i], err));
		names[i] = entries[i].channelId;
	}
	TRY(frame_sync_check_once(entries, channels->n, a, err));
	if (id != NULL)
		sync = sync_answer_new(c, id, names, channels->n);
	for (size_t i = 0; i < channels->n; i++)
		frame_sync_begin(f, c, &entries[i], id, sync, i);
	return ES_OK;
}

const struct frame_type frame_sync = {
    .type = "sync",
    .fields = fields,
    .n_fields = ES_COUNT(fields),
    .size = sizeof(struct sync_in),
    .handler = frame_sync_handle,
};
