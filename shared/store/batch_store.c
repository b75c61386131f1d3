#include "store/batch_store.h"

#include <string.h>

#include "core/check.h"
#include "json/json_write.h"

#include "core/banned.h"

/* SQLSTATE that the SQL function es_fence() raises */
#define FENCED "ES001"

struct batch_row {
	int64_t ord, seq, created_ms, edited_ms, message_id, version;
	const char *outcome, *code, *body, *sender_name, *payload;
	bool deleted;
};

/* The last two are columns of es_batch_ops() only. */
static const struct pg_col batch_cols[] = {
    PG_COL(struct batch_row, ord, PG_INT8),
    PG_COL(struct batch_row, outcome, PG_TEXT),
    PG_COL(struct batch_row, code, PG_TEXT),
    PG_COL(struct batch_row, seq, PG_INT8),
    PG_COL(struct batch_row, created_ms, PG_INT8),
    PG_COL(struct batch_row, body, PG_TEXT),
    PG_COL(struct batch_row, edited_ms, PG_INT8),
    PG_COL(struct batch_row, deleted, PG_BOOL),
    PG_COL(struct batch_row, sender_name, PG_TEXT),
    PG_COL(struct batch_row, payload, PG_TEXT),
    PG_COL(struct batch_row, message_id, PG_INT8),
    PG_COL(struct batch_row, version, PG_INT8),
};

static const struct pg_stmt commit = {
    .name = "batch_commit",
    .sql = "SELECT ord, outcome, code, seq, created_ms, body, edited_ms, deleted,"
	   " sender_name, payload FROM es_batch_many($1::int[],"
	   " $2::bigint[], $3::text[], $4::uuid[], $5::uuid[],"
	   " $6::uuid[], $7::bytea[], $8::bytea[], $9::text[], $10::text[],"
	   " $11::uuid[])",
    .cols = batch_cols,
    .n_cols = ES_COUNT(batch_cols) - 2,
    .n_params = 11,
};

static const struct pg_stmt commit_ops = {
    .name = "batch_commit_ops",
    .sql = "SELECT ord, outcome, code, seq, created_ms, body, edited_ms, deleted,"
	   " sender_name, payload, message_id, version FROM es_batch_ops($1::int[],"
	   " $2::bigint[], $3::text[], $4::uuid[], $5::uuid[],"
	   " $6::uuid[], $7::bytea[], $8::bytea[], $9::text[], $10::text[],"
	   " $11::uuid[], $12::text[], $13::bigint[], $14::jsonb[])",
    .cols = batch_cols,
    .n_cols = ES_COUNT(batch_cols),
    .n_params = 14,
};

/* One message of the batch. The array holds the messages of all envelopes in order;
 * es_batch_many() numbers them in the same order, from 1. */
struct flat {
	const struct envelope *envelope;
	const struct envelope_message *message;
	struct outcome *outcome;
};

static size_t
batch_store_count_messages(const struct envelope envelopes[], size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += envelopes[i].n;
	return total;
}

/* Also allocates out->replies, with one outcome for each message. */
static struct flat *
batch_store_flatten(const struct envelope envelopes[], size_t n, size_t total,
    struct arena *a, struct batch_result *out)
{
	struct flat *flat = arena_alloc(a, total * sizeof(*flat));
	size_t at = 0;

	out->replies = arena_alloc(a, n * sizeof(*out->replies));
	for (size_t i = 0; i < n; i++) {
		struct reply *r = &out->replies[i];

		r->envelope = envelopes[i].id;
		r->n = envelopes[i].n;
		r->outcomes = arena_alloc(a, r->n * sizeof(*r->outcomes));
		for (size_t j = 0; j < r->n; j++) {
			r->outcomes[j].client_id = envelopes[i].messages[j].client_id;
			flat[at++] = (struct flat){
			    &envelopes[i], &envelopes[i].messages[j], &r->outcomes[j]};
		}
	}
	return flat;
}

/* es_batch_many() takes the arrays up to ENVELOPE. */
enum {
	TENANT,
	CHANNEL,
	SENDER,
	KEY,
	HASH,
	CLIENT_ID,
	BODY,
	ENVELOPE,
	OP,
	TARGET,
	MORE,
	ARRAYS
};

/* The members of a change beside op, target and text; NULL: none. */
static const char *
batch_store_more(const struct envelope_message *m, struct arena *a)
{
	struct json_write w;
	struct text t;

	if (m->if_version == 0 && m->emoji == NULL)
		return NULL;
	text_init(&t, a, EMOJI_MAX * 6 + 64);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	if (m->if_version != 0)
		jw_int(&w, "ifVersion", m->if_version);
	if (m->emoji != NULL)
		jw_string(&w, "emoji", m->emoji);
	jw_object_end(&w);
	return t.data;
}

static void
batch_store_fill_arrays(
    const struct flat flat[], size_t n, struct arena *a, const char *params[])
{
	const char **column[ARRAYS];

	for (unsigned c = 0; c < ARRAYS; c++)
		column[c] = arena_alloc(a, n * sizeof(*column[c]));
	for (size_t i = 0; i < n; i++) {
		const struct envelope_message *m = flat[i].message;

		column[TENANT][i] = flat[i].envelope->tenant.text;
		column[CHANNEL][i] = flat[i].envelope->channel.text;
		column[SENDER][i] = flat[i].envelope->user.text;
		column[KEY][i] = arena_printf(a, "\\x%s", m->dedupe_key);
		column[HASH][i] = arena_printf(a, "\\x%s", m->request_hash);
		column[CLIENT_ID][i] = m->client_id;
		column[BODY][i] = m->body;
		column[ENVELOPE][i] = flat[i].envelope->id.text;
		column[OP][i] = envelope_op_name(m->op);
		column[TARGET][i] = m->target != 0 ? pg_int(a, m->target) : NULL;
		column[MORE][i] = batch_store_more(m, a);
	}
	for (unsigned c = 0; c < ARRAYS; c++)
		params[3 + c] = pg_array(a, column[c], n);
}

/* The event of a row: of outcome `event`, or of a message. */
static void
batch_store_to_event(const struct batch_row *row, const struct flat *f, struct event *out)
{
	const struct envelope *e = f->envelope;

	*out = (struct event){
	    .kind = EVENT_MESSAGE,
	    .tenant = e->tenant,
	    .channel = e->channel,
	    .user = e->user,
	    .display_name = row->sender_name != NULL ? row->sender_name : e->display_name,
	    .seq = row->seq,
	    .message_id = row->message_id,
	    .created_ms = row->created_ms,
	    .accepted_ms = e->accepted_ms,
	    .body = row->body,
	    .version = row->version,
	    .edited = row->edited_ms != 0,
	    .edited_ms = row->edited_ms,
	    .deleted = row->deleted,
	    .payload = row->payload,
	    .traceparent = e->traceparent,
	};
}

/* False for a kind that a newer es_batch_ops() returns. push-server then finds the event
 * in PostgreSQL. */
static bool
batch_store_add_event(
    const struct batch_row *row, const struct flat *f, struct batch_result *out)
{
	struct event *event = &out->events[out->n_events];

	batch_store_to_event(row, f, event);
	if (!event_kind_parse(row->code, &event->kind))
		return false;
	/* a tombstone's frame says it by its type */
	if (event->kind != EVENT_MESSAGE_UPDATED)
		event->deleted = event->edited = false;
	out->n_events++;
	return true;
}

static void
batch_store_add_message(
    const struct batch_row *row, const struct flat *f, struct batch_result *out)
{
	struct event *event = &out->events[out->n_events++];

	batch_store_to_event(row, f, event);
	event->client_id = f->message->client_id;
	/* es_batch_many() returns the body only when it differs from the one that was
	 * sent. */
	if (!row->deleted && row->body == NULL)
		event->body = f->message->body;
}

static void
batch_store_add_row(
    const struct batch_row *row, const struct flat *f, struct batch_result *out)
{
	const bool is_message = f->message->op == OP_MESSAGE;
	struct outcome *o = f->outcome;

	o->code = es_code_from_name(row->code);
	if (strcmp(row->outcome, "refused") == 0) {
		o->result = OUTCOME_REFUSED;
		out->n_refused++;
		return;
	}
	o->result =
	    strcmp(row->outcome, "repeat") == 0 ? OUTCOME_REPEAT : OUTCOME_COMMITTED;
	o->message_id = is_message ? row->seq : row->message_id;
	o->seq = is_message ? 0 : row->seq;
	o->version = row->version;
	o->created_ms = row->created_ms;
	o->sender_name = row->sender_name;
	if (o->result == OUTCOME_REPEAT)
		out->n_repeats++;
	else
		out->n_committed++;
	if (is_message)
		batch_store_add_message(row, f, out);
}

static void
batch_store_fence_params(
    const struct batch_fence fences[], size_t n, struct arena *a, const char *params[])
{
	const char **partitions = arena_alloc(a, n * sizeof(*partitions));
	const char **epochs = arena_alloc(a, n * sizeof(*epochs));
	const char **done = arena_alloc(a, n * sizeof(*done));

	for (size_t i = 0; i < n; i++) {
		partitions[i] = pg_int(a, fences[i].partition);
		epochs[i] = pg_int(a, fences[i].epoch);
		done[i] = fences[i].done;
	}
	params[0] = n > 0 ? pg_array(a, partitions, n) : NULL;
	params[1] = n > 0 ? pg_array(a, epochs, n) : NULL;
	params[2] = n > 0 ? pg_array(a, done, n) : NULL;
}

/* A batch that PostgreSQL is committing. */
struct batch_commit {
	struct arena *arena;
	struct flat *flat;
	size_t total; /* messages */
	struct batch_result result;
};

enum es_code
batch_store_start(struct pg *pg, const struct batch_fence fences[], size_t n_fences,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_commit **out, struct es_err *err)
{
	struct batch_commit *c = arena_alloc(a, sizeof(*c));
	const struct pg_stmt *stmt = &commit;
	const char *params[3 + ARRAYS];

	c->arena = a;
	c->total = batch_store_count_messages(envelopes, n);
	c->flat = batch_store_flatten(envelopes, n, c->total, a, &c->result);
	batch_store_fence_params(fences, n_fences, a, params);
	batch_store_fill_arrays(c->flat, c->total, a, params);
	for (size_t i = 0; i < c->total; i++)
		if (!envelope_message_plain(c->flat[i].message))
			stmt = &commit_ops;
	*out = c;
	return pg_start(pg, NULL, stmt, params, err);
}

enum es_code
batch_store_finish(
    struct pg *pg, struct batch_commit *c, struct batch_result *out, struct es_err *err)
{
	struct batch_row row = {0};
	struct pg_rows rows;
	size_t answered = 0;

	TRY(pg_finish(pg, c->arena, &rows, err));
	*out = c->result;
	out->events = arena_alloc(c->arena, (size_t)rows.count * sizeof(*out->events));
	while (pg_next(&rows, c->arena, &row)) {
		CHECK(row.ord >= 1 && (size_t)row.ord <= c->total);
		if (strcmp(row.outcome, "event") == 0) {
			IGNORE(batch_store_add_event(&row, &c->flat[row.ord - 1], out));
		} else {
			answered++;
			batch_store_add_row(&row, &c->flat[row.ord - 1], out);
		}
	}
	/* es_batch_many() committed, but did not return an outcome for each message: the
	 * function has another version than this program. The batch can't be repeated or
	 * reported. */
	CHECK(answered == c->total);
	return ES_OK;
}

enum es_code
batch_store_commit(struct pg *pg, const struct batch_fence *fence,
    const struct envelope envelopes[], size_t n, struct arena *a,
    struct batch_result *out, struct es_err *err)
{
	struct batch_commit *c;

	TRY(batch_store_start(
	    pg, fence, fence != NULL ? 1 : 0, envelopes, n, a, &c, err));
	return batch_store_finish(pg, c, out, err);
}

bool
batch_store_fenced(const struct es_err *err)
{
	return strcmp(err->sqlstate, FENCED) == 0;
}

/* es_batch_many() looks for repeats under the channel's lock and inserts no key that a
 * client chose. Therefore no message can cause a 23505 (unique_violation). A 23514
 * (check_violation) can also be a text that is too long, so look at the name of the
 * constraint. */
bool
batch_store_miscounted(const struct pg *pg, const struct es_err *err)
{
	static const char *const numbers[] = {"\"messages_id_check\"",
	    "\"channel_heads_last_seq_check\"", "\"channel_events_seq_check\""};

	if (strcmp(err->sqlstate, "23505") == 0)
		return true;
	if (strcmp(err->sqlstate, "23514") != 0)
		return false;
	for (size_t i = 0; i < ES_COUNT(numbers); i++)
		if (strstr(pg_detail(pg), numbers[i]) != NULL)
			return true;
	return false;
}
