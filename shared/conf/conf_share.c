#include "conf/conf_share.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "conf/conf_reload.h"
#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

#define TRIES 1000 /* reads, 1 ms apart; a write takes microseconds */

/* A sequence lock: version is odd while the master writes, and a worker then reads
 * again. */
struct conf_shared {
	atomic_uint version; /* 0: the master has written no values yet */
	char values[];
};

struct conf_share {
	const struct conf_table *tables;
	size_t n;
	size_t size; /* bytes of shared->values */
	struct conf_shared *shared;
};

static bool
conf_share_is_text(const struct conf_item *item)
{
	return item->kind != CONF_INT && item->kind != CONF_BOOL;
}

/* Bytes for the longest value, with the NUL of a text. */
static size_t
conf_share_room(const struct conf_item *item)
{
	if (conf_share_is_text(item))
		return (size_t)item->max + 1;
	return item->kind == CONF_INT ? sizeof(int64_t) : sizeof(bool);
}

/* The program's struct. The master copies values from it to the shared memory, and a
 * worker copies values from the shared memory to it. */
struct share_values {
	const char *from;
	char *to;
	struct arena *arena; /* owns the strings in to */
};

typedef void conf_share_visit(
    const struct conf_item *item, char *shared, const struct share_values *v);

/* Calls visit for each reloaded setting, with its address in shared. Returns the size of
 * all values. */
static size_t
conf_share_walk(const struct conf_share *s, char *shared, conf_share_visit *visit,
    const struct share_values *v)
{
	size_t at = 0;

	for (size_t t = 0; t < s->n; t++)
		for (size_t i = 0; i < s->tables[t].n; i++) {
			const struct conf_item *item = &s->tables[t].items[i];

			if (!conf_reload_takes(s->tables, s->n, item->name))
				continue;
			if (visit != NULL)
				visit(item, shared + at, v);
			at += conf_share_room(item);
		}
	return at;
}

static void
conf_share_write(const struct conf_item *item, char *shared, const struct share_values *v)
{
	const char *slot = v->from + item->offset;
	const char *text;

	if (!conf_share_is_text(item)) {
		memcpy(shared, slot, conf_share_room(item));
		return;
	}
	memcpy(&text, slot, sizeof(text));
	(void)snprintf(shared, conf_share_room(item), "%s", text);
}

static void
conf_share_read(const struct conf_item *item, char *shared, const struct share_values *v)
{
	char *slot = v->to + item->offset;
	const char *text;

	if (!conf_share_is_text(item)) {
		memcpy(slot, shared, conf_share_room(item));
		return;
	}
	text = arena_strdup(v->arena, shared);
	memcpy(slot, &text, sizeof(text));
}

struct conf_share *
conf_share_new(const struct conf_table tables[], size_t n)
{
	struct conf_share *s = mem_new(1, sizeof(*s));

	s->tables = tables;
	s->n = n;
	s->size = conf_share_walk(s, NULL, NULL, NULL);
	s->shared = mmap(NULL, sizeof(*s->shared) + s->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(s->shared != MAP_FAILED);
	return s;
}

void
conf_share_free(struct conf_share **s)
{
	if (*s == NULL)
		return;
	(void)munmap((*s)->shared, sizeof(*(*s)->shared) + (*s)->size);
	mem_free(*s);
	*s = NULL;
}

void
conf_share_put(struct conf_share *s, const void *values)
{
	const struct share_values v = {.from = values};
	char *copy = mem_new(1, s->size);

	(void)conf_share_walk(s, copy, conf_share_write, &v);
	atomic_fetch_add(&s->shared->version, 1);
	memcpy(s->shared->values, copy, s->size);
	atomic_fetch_add(&s->shared->version, 1);
	mem_free(copy);
}

enum es_code
conf_share_get(
    const struct conf_share *s, struct arena *a, void *values, struct es_err *err)
{
	const struct share_values v = {.to = values, .arena = a};
	char *copy = arena_alloc(a, s->size + 1);

	if (atomic_load(&s->shared->version) == 0)
		return es_fail(
		    err, ES_NOT_FOUND, "the master has handed over no settings");
	for (unsigned i = 0; i < TRIES; i++) {
		const unsigned before = atomic_load(&s->shared->version);

		memcpy(copy, s->shared->values, s->size);
		atomic_thread_fence(memory_order_acquire);
		if (before % 2 == 0 && atomic_load(&s->shared->version) == before) {
			(void)conf_share_walk(s, copy, conf_share_read, &v);
			return ES_OK;
		}
		clock_sleep_ms(1);
	}
	return es_fail(
	    err, ES_UNAVAILABLE, "the master has not finished writing the settings");
}
