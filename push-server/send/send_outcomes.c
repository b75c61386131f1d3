#include "send/send_outcomes.h"

#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "pg/pg_async.h"
#include "send/send_answer.h"
#include "store/outcome_store.h"

#include "core/banned.h"

#define BUCKETS     1024  /* buckets of the hash table of envelopes */
#define AWAITED_MAX 65536 /* maximum number of envelopes without an outcome */
#define LOOKUP_MS   2000  /* deadline of a query, in ms */
/* Maximum number of look-ups before the deadline that are under way at the same time.
 * After a reconnect thousands of sends may wait for them, and logins use the same
 * pipeline. */
#define ASKED_MAX 64

struct send_outcomes {
	struct conns *conns;
	struct pg_async *pg;
	char topic[ES_TOPIC_MAX];
	struct list due; /* oldest first, as all have the same time-out */
	struct list buckets[BUCKETS];
	size_t n;
	struct list to_ask; /* envelopes to be looked up before their deadline */
	unsigned n_asked;   /* look-ups before the deadline that are under way */
};

/* A look-up before the deadline; the envelope may be answered before the result
 * arrives. */
struct asked {
	struct send_outcomes *outcomes;
	struct uuid envelope;
};

struct send_outcomes *
send_outcomes_new(struct conns *conns, struct pg_async *pg)
{
	struct send_outcomes *r = mem_new(1, sizeof(*r));

	r->conns = conns;
	r->pg = pg;
	(void)snprintf(
	    r->topic, sizeof(r->topic), "%s%s", TOPIC_REPLY_PREFIX, conns->env->id.text);
	list_init(&r->due);
	list_init(&r->to_ask);
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&r->buckets[i]);
	return r;
}

const char *
send_outcomes_topic(const struct send_outcomes *r)
{
	return r->topic;
}

static unsigned
send_outcomes_bucket_of(const char *envelope)
{
	return (unsigned)(keyed_hash(envelope, ES_UUID_TEXT - 1) % BUCKETS);
}

static void
send_outcomes_unlist(struct send_outcomes *r, struct awaited *a)
{
	if (list_empty(&a->due))
		return;
	list_del(&a->due);
	list_del(&a->same_hash);
	list_del(&a->to_ask);
	r->n--;
}

void
send_outcomes_free(struct send_outcomes **r)
{
	struct list *l;

	if (*r == NULL)
		return;
	while ((l = list_first(&(*r)->due)) != NULL) {
		struct awaited *a = LIST_ITEM(l, struct awaited, due);

		send_outcomes_unlist(*r, a);
		awaited_free(&a);
	}
	mem_free(*r);
	*r = NULL;
}

struct awaited *
send_outcomes_begin(struct send_outcomes *r, const struct conn *c,
    const struct channel_id *channel, size_t n)
{
	return r->n < AWAITED_MAX
	           ? awaited_new(r->conns->env->trace, r->topic, c, channel, n)
	           : NULL;
}

void
send_outcomes_await(struct send_outcomes *r, struct awaited *a)
{
	const struct loop_env *env = r->conns->env;

	a->deadline_ms = env->now_ms + env->conf->send_timeout_ms;
	list_add_tail(&r->due, &a->due);
	list_add_tail(
	    &r->buckets[send_outcomes_bucket_of(a->envelope.id.text)], &a->same_hash);
	r->n++;
}

static struct awaited *
send_outcomes_find(struct send_outcomes *r, const char *envelope)
{
	struct list *bucket = &r->buckets[send_outcomes_bucket_of(envelope)];

	for (struct list *l = bucket->next; l != bucket; l = l->next) {
		struct awaited *a = LIST_ITEM(l, struct awaited, same_hash);

		if (strcmp(a->envelope.id.text, envelope) == 0)
			return a;
	}
	return NULL;
}

/* outcomes[i] is valid when known[i] is true, or when known is NULL. */
static void
send_outcomes_answer(struct send_outcomes *r, struct awaited *a,
    const struct outcome outcomes[], size_t n, const bool known[])
{
	struct conn *c = conn_get(r->conns, a->ref);

	for (size_t i = 0; i < a->envelope.n && c != NULL; i++) {
		if (i >= n || (known != NULL && !known[i])) {
			metrics_add(r->conns->env->metrics, PM_SENDS_UNKNOWN, 1);
			send_answer_unknown(c, a, i);
		} else if (outcomes[i].result == OUTCOME_REFUSED) {
			send_answer_refused(c, a, i, outcomes[i].code);
		} else {
			send_answer_committed(c, a, i, &outcomes[i]);
		}
	}
}

void
send_outcomes_fail(
    struct send_outcomes *r, const struct uuid *envelope, const struct es_err *err)
{
	struct awaited *a = send_outcomes_find(r, envelope->text);
	struct conn *c;

	if (a == NULL)
		return;
	send_outcomes_unlist(r, a);
	c = conn_get(r->conns, a->ref);
	for (size_t i = 0; i < a->envelope.n && c != NULL; i++)
		send_answer_error(c, a, i, err);
	awaited_free(&a);
}

void
send_outcomes_message(struct send_outcomes *r, const char *data, size_t len)
{
	struct arena *arena = arena_new();
	struct awaited *a = NULL;
	struct reply reply;
	struct es_err err;

	if (reply_decode(data, len, arena, &reply, &err) != ES_OK)
		log_warn("unreadable outcome of a send", LOG_STR("detail", err.text));
	else
		a = send_outcomes_find(r, reply.envelope.text);
	/* NULL: the envelope is answered already, or an earlier process sent it */
	if (a != NULL) {
		send_outcomes_unlist(r, a);
		send_outcomes_answer(r, a, reply.outcomes, reply.n, NULL);
		awaited_free(&a);
	}
	arena_free(&arena);
}

/* The look-up of one envelope at its deadline. */
struct look_up {
	struct send_outcomes *outcomes;
	struct awaited *awaited;
};

static void
send_outcomes_on_outcomes(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *arena, const struct es_err *err)
{
	const struct look_up look = *(struct look_up *)ctx;
	struct awaited *a = look.awaited;
	struct outcome *outcomes =
	    arena_alloc(a->arena, a->envelope.n * sizeof(*outcomes));
	bool *known = arena_alloc(a->arena, a->envelope.n * sizeof(*known));

	(void)err, (void)arena;
	mem_free(ctx);
	if (rc == ES_OK)
		outcome_store_read(rows, &a->envelope, a->arena, outcomes, known);
	send_outcomes_answer(look.outcomes, a, outcomes, a->envelope.n, known);
	awaited_free(&a);
}

static void
send_outcomes_look_up(struct send_outcomes *r, struct awaited *a)
{
	struct look_up *look;
	struct es_err err;

	if (conn_get(r->conns, a->ref) == NULL) {
		awaited_free(&a);
		return;
	}
	look = mem_new(1, sizeof(*look));
	*look = (struct look_up){r, a};
	if (pg_async_send(r->pg, &a->envelope.tenant, &outcome_store_stmt,
		outcome_store_params(a->arena, &a->envelope), LOOKUP_MS,
		send_outcomes_on_outcomes, look, &err) == ES_OK)
		return;
	mem_free(look);
	send_outcomes_answer(r, a, NULL, 0, NULL);
	awaited_free(&a);
}

static void send_outcomes_ask(struct send_outcomes *r);

/* Answers the envelope if all its outcomes are known. Otherwise it keeps waiting until
 * its deadline. */
static void
send_outcomes_take_early(struct send_outcomes *r, struct awaited *a, struct pg_rows *rows)
{
	struct outcome *outcomes =
	    arena_alloc(a->arena, a->envelope.n * sizeof(*outcomes));
	bool *known = arena_alloc(a->arena, a->envelope.n * sizeof(*known));

	outcome_store_read(rows, &a->envelope, a->arena, outcomes, known);
	for (size_t i = 0; i < a->envelope.n; i++)
		if (!known[i])
			return;
	send_outcomes_unlist(r, a);
	send_outcomes_answer(r, a, outcomes, a->envelope.n, NULL);
	awaited_free(&a);
}

static void
send_outcomes_on_asked(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *arena, const struct es_err *err)
{
	const struct asked asked = *(struct asked *)ctx;
	struct send_outcomes *r = asked.outcomes;
	struct awaited *a =
	    rc == ES_OK ? send_outcomes_find(r, asked.envelope.text) : NULL;

	(void)err, (void)arena;
	mem_free(ctx);
	r->n_asked--;
	if (a != NULL) /* NULL: the envelope has its answer already */
		send_outcomes_take_early(r, a, rows);
	if (rc == ES_OK)
		send_outcomes_ask(r);
}

/* Looks up the envelopes on to_ask. If a query can't be sent, the envelope is looked up
 * at its deadline. */
static void
send_outcomes_ask(struct send_outcomes *r)
{
	struct list *l;
	struct es_err err;

	while (r->n_asked < ASKED_MAX && (l = list_pop(&r->to_ask)) != NULL) {
		struct awaited *a = LIST_ITEM(l, struct awaited, to_ask);
		struct asked *asked = mem_new(1, sizeof(*asked));

		asked->outcomes = r;
		asked->envelope = a->envelope.id;
		if (pg_async_send(r->pg, &a->envelope.tenant, &outcome_store_stmt,
			outcome_store_params(a->arena, &a->envelope), LOOKUP_MS,
			send_outcomes_on_asked, asked, &err) != ES_OK) {
			mem_free(asked);
			return;
		}
		r->n_asked++;
	}
}

void
send_outcomes_on_subscribed(struct send_outcomes *r)
{
	for (struct list *l = r->due.next; l != &r->due; l = l->next) {
		struct awaited *a = LIST_ITEM(l, struct awaited, due);

		list_move_tail(&r->to_ask, &a->to_ask);
	}
	send_outcomes_ask(r);
}

void
send_outcomes_tick(struct send_outcomes *r)
{
	struct list *l;

	while ((l = list_first(&r->due)) != NULL) {
		struct awaited *a = LIST_ITEM(l, struct awaited, due);

		if (a->deadline_ms > r->conns->env->now_ms)
			return;
		send_outcomes_unlist(r, a);
		send_outcomes_look_up(r, a);
	}
}
