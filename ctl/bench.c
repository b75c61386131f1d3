#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/id.h"
#include "core/parse.h"
#include "json/json_bind.h"

#include "ctl_frame.h"

#include "core/banned.h"

void
bench_init(struct bench *b, const struct bench_plan *plan, const struct bench_world *w,
    struct arena *a)
{
	memset(b, 0, sizeof(*b));
	b->plan = plan;
	b->n_sockets = (unsigned)plan->sockets;
	b->channels = arena_alloc(a, w->n_channels * sizeof(*b->channels));
	b->sockets = arena_alloc(a, b->n_sockets * sizeof(*b->sockets));
	b->scratch = arena_new();
	for (size_t i = 0; i < w->n_channels; i++)
		b->channels[i] = (struct bench_channel){.id = w->channels[i]};
	for (unsigned i = 0; i < b->n_sockets; i++) {
		struct bench_socket *s = &b->sockets[i];

		*s = (struct bench_socket){.bench = b, .n_own = bench_plan_each(plan)};
		for (unsigned k = 0; k < s->n_own; k++)
			s->own[k] = (struct bench_own){
			    .channel = bench_plan_channel(plan, i, k), .seen.last = -1};
	}
}

void
bench_fini(struct bench *b)
{
	arena_free(&b->scratch);
}

void
bench_move(struct bench *b, struct bench_socket *s, enum bench_phase next)
{
	b->n_connecting += (unsigned)(next == BENCH_CONNECTING) -
	                   (unsigned)(s->phase == BENCH_CONNECTING);
	b->n_ready +=
	    (unsigned)(next == BENCH_READY) - (unsigned)(s->phase == BENCH_READY);
	b->n_lost += (unsigned)(next == BENCH_LOST) - (unsigned)(s->phase == BENCH_LOST);
	s->phase = next;
}

void
bench_lose(struct bench *b, struct bench_socket *s, const char *why)
{
	if (b->n_lost == 0)
		(void)snprintf(b->lost_why, sizeof(b->lost_why), "%s", why);
	bench_move(b, s, BENCH_LOST);
}

static struct bench_own *
bench_find_own(const struct bench *b, struct bench_socket *s, const char *id)
{
	for (unsigned i = 0; id != NULL && i < s->n_own; i++)
		if (strcmp(b->channels[s->own[i].channel].id, id) == 0)
			return &s->own[i];
	return NULL;
}

static void
bench_saw(struct bench_channel *ch, int64_t seq)
{
	if (seq > ch->head)
		ch->head = seq;
}

/* Reads a number of the payload. */
static bool
bench_number(
    const struct bench *b, const struct ctl_frame *f, const char *name, int64_t *out)
{
	const struct json_field field = {
	    .name = name, .kind = JSON_INT, .required = true, .max = ES_INT_MAX_EXACT};
	struct es_err err;

	return json_bind(f->payload, strlen(f->payload), &field, 1, JSON_IGNORE_UNKNOWN,
		   b->scratch, out, &err) == ES_OK;
}

/* Returns the time in a text such as "t=12 xxx" after its start "t=", or -1. The time is
 * that at which the message was due. */
static int64_t
bench_due_us(const char *text, const char *start)
{
	const size_t n = strlen(start);
	char digits[20];
	int64_t us;

	if (text == NULL || strncmp(text, start, n) != 0)
		return -1;
	(void)snprintf(digits, sizeof(digits), "%.*s",
	    (int)strspn(text + n, "0123456789"), text + n);
	return parse_int(digits, 0, INT64_MAX, &us) ? us : -1;
}

static void
bench_on_subscribed(struct bench *b, struct bench_socket *s, const struct ctl_frame *f)
{
	struct bench_own *own = bench_find_own(b, s, f->channelId);
	int64_t seq;

	if (own == NULL || own->seen.last >= 0 || !bench_number(b, f, "seq", &seq))
		return;
	checker_begin(&own->seen, seq);
	bench_saw(&b->channels[own->channel], seq);
	if (++s->n_subscribed == s->n_own && s->phase == BENCH_CONNECTING)
		bench_move(b, s, BENCH_READY);
}

static void
bench_on_sent(struct bench *b, const struct ctl_frame *f, int64_t now_us)
{
	const int64_t due_us = bench_due_us(f->id, "t");
	int64_t seq;

	if (due_us < 0 || f->channelId == NULL || !bench_number(b, f, "messageId", &seq))
		return;
	for (unsigned i = 0; i < (unsigned)b->plan->channels; i++)
		if (strcmp(b->channels[i].id, f->channelId) == 0)
			bench_saw(&b->channels[i], seq);
	b->results.acked++;
	histogram_add(&b->results.ack, now_us - b->begin_us - due_us);
}

static void
bench_on_event(
    struct bench *b, struct bench_own *own, const struct ctl_frame *f, int64_t now_us)
{
	const int64_t due_us = f->has_body && strcmp(f->type, "message") == 0
	                           ? bench_due_us(f->body, "t=")
	                           : -1;

	checker_event(&own->seen, f->seq, &b->results.events);
	bench_saw(&b->channels[own->channel], f->seq);
	if (due_us < 0)
		return;
	b->results.delivered++;
	histogram_add(&b->results.delivery, now_us - b->begin_us - due_us);
}

static void
bench_on_gap(struct bench *b, struct bench_own *own, const struct ctl_frame *f)
{
	int64_t seq;

	b->results.gaps++;
	if (!bench_number(b, f, "toSeq", &seq))
		return;
	bench_saw(&b->channels[own->channel], seq);
	checker_gap(&own->seen, seq, &b->results.events);
}

/* A refused message is counted. After any other error the socket is of no use. */
static void
bench_on_error(struct bench *b, struct bench_socket *s, const struct ctl_frame *f)
{
	const struct json_field field = {.name = "code", .kind = JSON_STRING, .max = 100};
	const char *code = NULL;
	struct es_err err;
	char why[WS_WHY];

	if (json_bind(f->payload, strlen(f->payload), &field, 1, JSON_IGNORE_UNKNOWN,
		b->scratch, &code, &err) != ES_OK ||
	    code == NULL)
		code = "unknown error";
	if (bench_due_us(f->id, "t") >= 0) {
		b->results.refused++;
		(void)snprintf(
		    b->results.refusal, sizeof(b->results.refusal), "%.60s", code);
	} else if (s->phase != BENCH_LOST) {
		(void)snprintf(why, sizeof(why), "the server answered %.60s", code);
		bench_lose(b, s, why);
	}
}

void
bench_frame(
    struct bench *b, struct bench_socket *s, const char *text, size_t len, int64_t now_us)
{
	struct bench_own *own;
	struct ctl_frame f;

	arena_reset(b->scratch);
	if (!ctl_frame_read(b->scratch, text, len, &f))
		return;
	own = bench_find_own(b, s, f.channelId);
	if (strcmp(f.type, "error") == 0)
		bench_on_error(b, s, &f);
	else if (strcmp(f.type, "ack") == 0 && f.op != NULL && strcmp(f.op, "send") == 0)
		bench_on_sent(b, &f, now_us);
	else if (strcmp(f.type, "ack") == 0)
		bench_on_subscribed(b, s, &f);
	else if (own != NULL && own->seen.last >= 0 && strcmp(f.type, "gap") == 0)
		bench_on_gap(b, own, &f);
	else if (own != NULL && own->seen.last >= 0 && f.has_seq)
		bench_on_event(b, own, &f, now_us);
}

bool
bench_is_over(const struct bench *b)
{
	if (b->results.acked + b->results.refused < b->results.sent)
		return false;
	for (unsigned i = 0; i < b->n_sockets; i++) {
		const struct bench_socket *s = &b->sockets[i];

		for (unsigned k = 0; s->phase == BENCH_READY && k < s->n_own; k++)
			if (s->own[k].seen.last < b->channels[s->own[k].channel].head)
				return false;
	}
	return true;
}

void
bench_judge(struct bench *b)
{
	for (unsigned i = 0; i < b->n_sockets; i++) {
		struct bench_socket *s = &b->sockets[i];

		for (unsigned k = 0; s->phase == BENCH_READY && k < s->n_own; k++)
			checker_end(&s->own[k].seen, b->channels[s->own[k].channel].head,
			    &b->results.events);
	}
}

bool
bench_is_clean(const struct bench *b)
{
	const struct bench_results *r = &b->results;

	return r->sent > 0 && r->acked == r->sent && r->events.missing == 0 &&
	       r->events.doubled == 0 && r->events.disordered == 0 && b->n_lost == 0;
}
