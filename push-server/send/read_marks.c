#include "send/read_marks.h"

#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"
#include "pg/pg_async.h"
#include "store/read_mark_store.h"

#include "core/banned.h"

#define WRITE_MS 3000 /* deadline of a statement; writing 1,000 marks takes 35 ms */

struct mark_key {
	struct tenant_id tenant;
	struct user_id user;
	struct channel_id channel;
};

/* One mark that waits or is being written to the database. */
struct mark {
	struct table_node node;
	struct list place; /* on marks->waiting */
	struct mark_key key;
	int64_t message_id;
	struct list requests; /* of struct request, oldest first */
};

/* One client frame that needs an answer; the text of id follows in the same block. */
struct request {
	struct list place;
	struct conn_ref conn;
	const char *id;
};

struct read_marks {
	struct conns *conns;
	struct pg_async *pg;
	const struct read_marks_events *events;
	void *ctx;
	struct table table; /* the waiting marks, by their key */
	struct list waiting;
	size_t n;       /* marks that wait or are being written */
	bool under_way; /* a statement is running */
};

/* The marks of one statement. */
struct batch {
	struct read_marks *marks;
	size_t n;
	struct mark *of[READ_MARK_STORE_MAX];
	struct read_mark_ask asks[READ_MARK_STORE_MAX];
};

static void read_marks_send(struct read_marks *m);

struct read_marks *
read_marks_new(struct conns *conns, struct pg_async *pg,
    const struct read_marks_events *events, void *ctx)
{
	struct read_marks *m = mem_new(1, sizeof(*m));

	m->conns = conns;
	m->pg = pg;
	m->events = events;
	m->ctx = ctx;
	table_init(&m->table);
	list_init(&m->waiting);
	return m;
}

/* Answer all frames of a mark and free the mark. */
static void
read_marks_answer_and_free(
    struct read_marks *m, struct mark *mark, enum es_code rc, const struct es_err *err)
{
	struct list *l;

	while ((l = list_pop(&mark->requests)) != NULL) {
		struct request *r = LIST_ITEM(l, struct request, place);
		struct conn *c = conn_get(m->conns, r->conn);

		if (c != NULL && rc == ES_OK)
			frame_out_ack(c, "read", r->id, mark->key.channel.text, NULL);
		else if (c != NULL)
			frame_out_error(c, "read", r->id, mark->key.channel.text, err);
		mem_free(r);
	}
	m->n--;
	mem_free(mark);
}

static struct mark *
read_marks_pop(struct read_marks *m)
{
	struct list *l = list_pop(&m->waiting);
	struct mark *mark;

	if (l == NULL)
		return NULL;
	mark = LIST_ITEM(l, struct mark, place);
	table_remove(&m->table, &mark->node);
	return mark;
}

void
read_marks_free(struct read_marks **m)
{
	const struct es_err err = {.code = ES_UNAVAILABLE};
	struct mark *mark;

	if (*m == NULL)
		return;
	while ((mark = read_marks_pop(*m)) != NULL)
		read_marks_answer_and_free(*m, mark, ES_UNAVAILABLE, &err);
	table_fini(&(*m)->table);
	mem_free(*m);
	*m = NULL;
}

static bool
read_marks_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct mark, node)->key, key,
		   sizeof(struct mark_key)) == 0;
}

static struct mark *
read_marks_new_mark(struct read_marks *m, const struct mark_key *key, uint64_t hash)
{
	struct mark *mark = mem_new(1, sizeof(*mark));

	mark->key = *key;
	list_init(&mark->requests);
	list_init(&mark->place);
	list_add_tail(&m->waiting, &mark->place);
	table_add(&m->table, &mark->node, hash);
	m->n++;
	return mark;
}

static void
read_marks_add_request(struct mark *mark, struct conn_ref conn, const char *id)
{
	const size_t size = id != NULL ? strlen(id) + 1 : 0;
	struct request *r = mem_new(1, sizeof(*r) + size);

	r->conn = conn;
	if (id != NULL)
		r->id = memcpy(r + 1, id, size);
	list_init(&r->place);
	list_add_tail(&mark->requests, &r->place);
}

enum es_code
read_marks_add(struct read_marks *m, struct conn *c, const struct channel_id *channel,
    int64_t message_id, const char *id, struct es_err *err)
{
	const struct mark_key key = {c->tenant, c->user, *channel};
	const uint64_t hash = keyed_hash(&key, sizeof(key));
	struct table_node *node = table_find(&m->table, hash, read_marks_same, &key);
	struct mark *mark;

	if (node == NULL && (int64_t)m->n >= m->conns->env->conf->read_marks_max) {
		IGNORE(es_fail(err, ES_BUSY,
		    "%zu read marks are waiting to be written; try again", m->n));
		err->retry_after_ms = 1000;
		return ES_BUSY;
	}
	mark = node != NULL ? ES_CONTAINER(node, struct mark, node)
	                    : read_marks_new_mark(m, &key, hash);
	if (message_id > mark->message_id)
		mark->message_id = message_id;
	read_marks_add_request(mark, c->ref, id);
	return ES_OK;
}

/* The error text for a mark that the database refused. */
static const char *
read_marks_refusal(enum es_code code)
{
	if (code == ES_FORBIDDEN)
		return "only members of the channel have a read mark";
	return code == ES_NOT_FOUND ? "no such channel" : es_code_title(code);
}

/* The statement failed: all its marks get the same error. */
static void
read_marks_fail(struct batch *b, enum es_code rc, const struct es_err *why)
{
	for (size_t i = 0; i < b->n; i++)
		read_marks_answer_and_free(b->marks, b->of[i], rc, why);
	mem_free(b);
}

/* The statement succeeded: each mark has a result of its own. */
static void
read_marks_answer_each(struct batch *b, const struct read_mark_answer answers[])
{
	for (size_t i = 0; i < b->n; i++) {
		const enum es_code code = answers[i].rc;
		struct es_err err = {0};

		if (code != ES_OK)
			IGNORE(es_fail(&err, code, "%s", read_marks_refusal(code)));
		/* A mark that was already behind the message has not moved. */
		else if (answers[i].mark.stands <= b->asks[i].id)
			b->marks->events->moved(b->marks->ctx, &b->asks[i].tenant,
			    &b->asks[i].channel, &b->asks[i].user, &answers[i].mark);
		read_marks_answer_and_free(b->marks, b->of[i], code, &err);
	}
	mem_free(b);
}

static void
read_marks_on_written(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct batch *b = ctx;
	struct read_marks *m = b->marks;
	struct read_mark_answer *answers;

	m->under_way = false;
	if (rc != ES_OK) {
		read_marks_fail(b, rc, err);
		return;
	}
	answers = arena_alloc(a, b->n * sizeof(*answers));
	read_mark_store_many_read(rows, b->n, a, answers);
	read_marks_answer_each(b, answers);
	/* marks may be left over if there were more than READ_MARK_STORE_MAX */
	read_marks_send(m);
}

/* Only one statement runs at a time. Marks that arrive while it runs are merged for the
 * next one. */
static void
read_marks_send(struct read_marks *m)
{
	struct arena *a;
	struct batch *b;
	struct mark *mark;
	struct es_err err;
	enum es_code rc;

	if (m->under_way || list_empty(&m->waiting))
		return;
	b = mem_new(1, sizeof(*b));
	b->marks = m;
	while (b->n < READ_MARK_STORE_MAX && (mark = read_marks_pop(m)) != NULL) {
		b->asks[b->n] = (struct read_mark_ask){mark->key.tenant, mark->key.user,
		    mark->key.channel, mark->message_id};
		b->of[b->n++] = mark;
	}
	a = arena_new();
	rc = pg_async_send(m->pg, NULL, &read_mark_store_many,
	    read_mark_store_many_params(a, b->asks, b->n), WRITE_MS,
	    read_marks_on_written, b, &err);
	arena_free(&a);
	m->under_way = rc == ES_OK;
	if (rc == ES_OK)
		metrics_add(m->conns->env->metrics, PM_QUERIES_MARKS, 1);
	else
		read_marks_fail(b, rc, &err);
}

void
read_marks_tick(struct read_marks *m)
{
	read_marks_send(m);
}
