#include "fake_outside.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

/* A question to the database. The fake computes the answer when the hub asks (a stale
 * answer) or when it delivers the answer. */
struct out_job {
	struct out_job *next;
	enum { JOB_AUTHORISE, JOB_PAGE, JOB_HEADS, JOB_ACL } kind;
	void *ask;
	bool ready;
	enum es_code rc;
	struct rights_row *rows;
	int64_t numbers[HEADS_MAX];
	size_t n;
	struct event_page page;
	struct event events[200];
};

static void
work_authorise(struct outside *o, struct out_job *job)
{
	const struct authorise_ask *ask = job->ask;

	job->n = 0;
	job->rows = mem_new(ask->n, sizeof(*job->rows));
	for (size_t i = 0; i < ask->n; i++) {
		const struct rights_key *right = &ask->items[i].right;
		const int user = out_user_index(o, &right->user);
		const int c = out_channel_index(o, &right->channel);
		struct rights_row *row = &job->rows[job->n];

		if (c < 0 || user < 0 || o->channels[c].deleted ||
		    o->channels[c].banned[user] ||
		    ((o->channels[c].is_private || o->guest[user]) &&
			!o->channels[c].member[user]))
			continue;
		*row = (struct rights_row){.ord = (int64_t)i,
		    .head = o->channels[c].head,
		    .is_private = o->channels[c].is_private,
		    .archived = o->channels[c].archived,
		    .may_post = !o->channels[c].admins_post || user == 0,
		    .admins_post = o->channels[c].admins_post,
		    .acl_version = o->acl_version};
		(void)snprintf(row->epoch, sizeof(row->epoch), "%s", o->epoch);
		job->n++;
	}
	o->authorisations++;
	o->rights += (unsigned)ask->n;
}

static void
work_page(struct outside *o, struct out_job *job)
{
	const struct page_ask *ask = job->ask;
	const struct out_channel *ch = &o->channels[out_channel_index(o, &ask->channel)];

	o->page_reads++;
	if (ch->deleted) {
		job->rc = ES_NOT_FOUND;
		return;
	}
	job->page = (struct event_page){.events = job->events, .head = ch->head};
	job->page.through = ch->head < ask->to ? ch->head : ask->to;
	for (int64_t seq = ask->after + 1; seq <= job->page.through; seq++) {
		struct event *ev = &job->events[job->page.n++];

		*ev = out_event_of(o, ch, seq);
		if (ev->body != NULL)
			ev->body = mem_strdup(ev->body);
	}
}

static void
work_heads(struct outside *o, struct out_job *job)
{
	const struct heads_ask *ask = job->ask;

	for (size_t i = 0; i < ask->n; i++) {
		const struct out_channel *ch =
		    &o->channels[out_channel_index(o, &ask->channels[i])];

		job->numbers[i] = ch->deleted ? -1 : ch->head;
	}
}

static void
work(struct outside *o, struct out_job *job)
{
	const struct acl_ask *acl = job->ask;

	job->ready = true;
	job->rc = out_chance(o, o->faults.fail) ? ES_UNAVAILABLE : ES_OK;
	if (job->rc != ES_OK)
		return;
	switch (job->kind) {
	case JOB_AUTHORISE:
		work_authorise(o, job);
		break;
	case JOB_PAGE:
		work_page(o, job);
		break;
	case JOB_HEADS:
		work_heads(o, job);
		break;
	case JOB_ACL:
		for (size_t i = 0; i < acl->n; i++)
			job->numbers[i] = o->acl_version;
		break;
	}
}

static void
answer(struct outside *o, struct out_job *job)
{
	struct authorise_ask *authorise = job->ask;
	struct page_ask *page = job->ask;
	struct heads_ask *heads = job->ask;
	struct acl_ask *acl = job->ask;
	struct es_err err = {.code = job->rc};

	if (!job->ready)
		work(o, job);
	switch (job->kind) {
	case JOB_AUTHORISE:
		authorise->done(authorise, job->rc, job->rows, job->n, &err);
		break;
	case JOB_PAGE:
		page->done(page, job->rc, &job->page);
		for (size_t i = 0; i < job->page.n; i++)
			free((void *)(uintptr_t)job->events[i].body);
		break;
	case JOB_HEADS:
		heads->done(heads, job->rc, job->numbers);
		break;
	case JOB_ACL:
		acl->done(acl, job->rc, job->numbers);
		break;
	}
	free(job->rows);
	free(job);
}

static bool
ask(struct outside *o, int kind, void *question)
{
	struct out_job *job;

	if (o->database_down || out_chance(o, o->faults.refuse))
		return false;
	job = mem_new(1, sizeof(*job));
	job->kind = kind;
	job->ask = question;
	job->next = o->jobs;
	o->jobs = job;
	if (out_chance(o, o->faults.stale))
		work(o, job);
	return true;
}

static bool
io_authorise(void *ctx, struct authorise_ask *question)
{
	return ask(ctx, JOB_AUTHORISE, question);
}

static bool
io_page(void *ctx, struct page_ask *question)
{
	return ask(ctx, JOB_PAGE, question);
}

static bool
io_heads(void *ctx, struct heads_ask *question)
{
	struct outside *o = ctx;
	const size_t bytes = malloc_usable_size(question);

	if (bytes > o->heads_bytes)
		o->heads_bytes = bytes;
	return ask(ctx, JOB_HEADS, question);
}

static bool
io_acl(void *ctx, struct acl_ask *question)
{
	return ask(ctx, JOB_ACL, question);
}

static void
io_revalidate(void *ctx, const struct tenant_id *tenant)
{
	(void)tenant;
	((struct outside *)ctx)->revalidated++;
}

static void
io_revalidate_jti(void *ctx, const struct tenant_id *tenant, const char *jti)
{
	(void)tenant, (void)jti;
	((struct outside *)ctx)->revalidated_jtis++;
}

static void
io_revalidate_user(void *ctx, const struct tenant_id *tenant, const struct user_id *user)
{
	(void)tenant, (void)user;
	((struct outside *)ctx)->revalidated_users++;
}

static void
io_revalidate_conn(void *ctx, struct conn *c)
{
	(void)c;
	((struct outside *)ctx)->revalidated_conns++;
}

static void
io_refused(void *ctx, struct conn *c)
{
	struct outside *o = ctx;

	o->refused++;
	if (o->on_refused != NULL)
		o->on_refused(c);
}

static bool
io_redis(void *ctx, struct redis_script *script, size_t argc,
    const struct redis_arg argv[], redis_async_done *done, void *arg)
{
	struct outside *o = ctx;

	return o->redis != NULL && o->redis(o, script, argc, argv, done, arg);
}

struct hub_io
out_io(struct outside *o)
{
	return (struct hub_io){.ctx = o,
	    .topic = pub_topic,
	    .publish = pub_send,
	    .authorise = io_authorise,
	    .page = io_page,
	    .heads = io_heads,
	    .acl = io_acl,
	    .revalidate = io_revalidate,
	    .revalidate_user = io_revalidate_user,
	    .revalidate_jti = io_revalidate_jti,
	    .revalidate_conn = io_revalidate_conn,
	    .refused = io_refused};
}

struct presence_io
out_presence_io(struct outside *o)
{
	return (struct presence_io){.ctx = o, .topic = pub_topic, .redis = io_redis};
}

static bool
answer_one(struct outside *o)
{
	struct out_job **at = &o->jobs, *job;
	unsigned n = 0;

	for (job = o->jobs; job != NULL; job = job->next)
		n++;
	if (n == 0)
		return false;
	for (n = out_random(o, n); n > 0; n--)
		at = &(*at)->next;
	job = *at;
	*at = job->next;
	answer(o, job);
	return true;
}

bool
out_deliver_one(struct outside *o)
{
	if (out_chance(o, 20))
		pub_deliver_late(o);
	if (out_chance(o, 50))
		return answer_one(o) || pub_deliver_one(o);
	return pub_deliver_one(o) || answer_one(o);
}

void
out_deliver_all(struct outside *o)
{
	while (out_deliver_one(o))
		;
}
