#include "fake_batch.h"

#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

struct fake_batches fake_batches;

struct batch {
	struct queue_msg *msgs;
	size_t n, max;
	struct arena *arena;
	struct batch_fence *fences;
	size_t n_fences;
};

void fake_batches_reset(
    enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err))
{
	fake_batches = (struct fake_batches){.commit = commit, .room = SIZE_MAX};
}

static void
note(const char *what, size_t n)
{
	char *log = fake_batches.log;

	(void)snprintf(log + strlen(log), sizeof(fake_batches.log) - strlen(log),
	    "%s:%zu ", what, n);
}

static bool
is_odd(const struct queue_msg *m)
{
	return m->len == 3 && memcmp(m->body, "odd", 3) == 0;
}

struct batch *
batch_new(const struct batch_ctx *ctx, size_t max, struct arena *a)
{
	struct batch *b = arena_alloc(a, sizeof(*b));

	CU_ASSERT_PTR_NOT_NULL(ctx);
	*b = (struct batch){
	    .msgs = arena_alloc(a, max * sizeof(*b->msgs)), .max = max, .arena = a};
	return b;
}

size_t
batch_add(struct batch *b, const char *source, const struct queue_msg msgs[], size_t n,
    bool *odd)
{
	size_t i;

	CU_ASSERT_EQUAL(strncmp(source, "es:q:", 5), 0);
	*odd = false;
	for (i = 0; i < n && b->n < fake_batches.room; i++) {
		*odd = is_odd(&msgs[i]);
		if (*odd)
			break;
		CU_ASSERT_TRUE_FATAL(b->n < b->max);
		b->msgs[b->n] = msgs[i]; /* a copy: the caller may free the entry */
		b->msgs[b->n++].body = arena_memdup(b->arena, msgs[i].body, msgs[i].len);
	}
	note("add", i);
	return i;
}

size_t
batch_entries(const struct batch *b)
{
	return b->n;
}

void
batch_start(struct batch *b, const struct batch_fence fences[], size_t n_fences)
{
	CU_ASSERT_TRUE(b->n > 0 && n_fences > 0);
	CU_ASSERT_EQUAL(fake_batches.under_way++, 0);
	CU_ASSERT_EQUAL(fake_batches.in_publication, 0);
	b->fences = arena_alloc(b->arena, n_fences * sizeof(*fences));
	b->n_fences = n_fences;
	for (size_t i = 0; i < n_fences; i++) {
		b->fences[i] = fences[i];
		if (fences[i].done != NULL)
			b->fences[i].done = arena_strdup(b->arena, fences[i].done);
	}
	note("start", b->n);
	if (fake_batches.started != NULL)
		fake_batches.started();
}

enum batch_end
batch_finish(struct batch *b, struct es_err *err)
{
	const struct fake_commit c = {
	    .fences = b->fences, .n_fences = b->n_fences, .msgs = b->msgs, .n = b->n};
	enum batch_end end;

	CU_ASSERT_EQUAL(fake_batches.under_way--, 1);
	note("finish", b->n);
	(void)es_fail(err, ES_UNAVAILABLE, "fake");
	end = fake_batches.commit(&c, err);
	fake_batches.in_publication += end == BATCH_DONE;
	return end;
}

void
batch_published(struct batch *b)
{
	(void)b;
	CU_ASSERT_EQUAL(fake_batches.in_publication--, 1);
	if (fake_batches.published != NULL)
		fake_batches.published();
}

enum batch_end
batch_run(const struct batch_ctx *ctx, const char *source,
    const struct batch_fence *fence, const struct queue_msg msgs[], size_t n,
    size_t *taken, struct arena *a, struct es_err *err)
{
	struct fake_commit c = {.fences = fence,
	    .n_fences = fence != NULL ? 1 : 0,
	    .msgs = msgs,
	    .n = n < fake_batches.room ? n : fake_batches.room,
	    .alone = true};

	(void)ctx, (void)source, (void)a;
	CU_ASSERT_EQUAL(fake_batches.under_way, 0);
	note("run", n);
	*taken = c.n;
	(void)es_fail(err, ES_UNAVAILABLE, "fake");
	return fake_batches.commit(&c, err);
}
