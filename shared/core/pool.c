#include "core/pool.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/check.h"
#include "core/list.h"

#include "core/banned.h"

#ifdef __SANITIZE_ADDRESS__
#define POOL_SLABS 0 /* malloc each thing, so that ASan sees its misuse */
#else
#define POOL_SLABS 1
#endif
/* Bytes and alignment of a slab: rounding a thing's address down gives its slab. */
#define POOL_SLAB 65536
#define POOL_MOST 4096

struct thing {
	struct thing *next; /* next free thing of the slab */
};

struct slab {
	struct list place; /* on pool->open while the slab has room */
	unsigned used;
	/* number of things that were taken at least once; the pool has never touched the
	 * memory after them */
	unsigned fresh;
	struct thing *free;
	alignas(max_align_t) unsigned char things[];
};

struct pool {
	size_t size, n, bytes;
	unsigned per_slab, n_empty;
	struct list open; /* slabs with room, the empty ones last */
};

struct pool *
pool_new(size_t size)
{
	const size_t align = alignof(max_align_t);
	struct pool *p = mem_new(1, sizeof(*p));

	CHECK(size > 0 && size <= POOL_MOST);
	p->size = (size + align - 1) / align * align;
	p->per_slab = (unsigned)((POOL_SLAB - sizeof(struct slab)) / p->size);
	list_init(&p->open);
	return p;
}

static struct slab *
pool_slab_of(void *thing)
{
	unsigned char *at = thing;

	return (struct slab *)(void *)(at - (uintptr_t)at % POOL_SLAB);
}

/* mmap() aligns only to pages: map twice the size, and unmap both ends. */
static struct slab *
pool_slab_new(struct pool *p)
{
	unsigned char *at = mmap(NULL, (size_t)2 * POOL_SLAB, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct slab *slab;
	size_t before;

	CHECK(at != MAP_FAILED);
	before = (POOL_SLAB - (uintptr_t)at % POOL_SLAB) % POOL_SLAB;
	if (before > 0)
		CHECK(munmap(at, before) == 0);
	CHECK(munmap(at + before + POOL_SLAB, POOL_SLAB - before) == 0);
	slab = (struct slab *)(void *)(at + before);
	list_init(&slab->place);
	list_add_tail(&p->open, &slab->place);
	p->bytes += POOL_SLAB;
	p->n_empty++;
	return slab;
}

static void
pool_slab_free(struct pool *p, struct slab *slab)
{
	list_del(&slab->place);
	CHECK(munmap(slab, POOL_SLAB) == 0);
	p->bytes -= POOL_SLAB;
	p->n_empty--;
}

void
pool_free(struct pool **p)
{
	struct list *l;

	if (*p == NULL)
		return;
	CHECK((*p)->n == 0);
	while ((l = list_first(&(*p)->open)) != NULL)
		pool_slab_free(*p, LIST_ITEM(l, struct slab, place));
	free(*p);
	*p = NULL;
}

void *
pool_take(struct pool *p)
{
	struct list *l;
	struct slab *slab;
	void *thing;

	p->n++;
	if (!POOL_SLABS)
		return mem_new(1, p->size);
	l = list_first(&p->open);
	slab = l != NULL ? LIST_ITEM(l, struct slab, place) : pool_slab_new(p);
	p->n_empty -= slab->used == 0;
	if (slab->free != NULL) {
		thing = slab->free;
		slab->free = slab->free->next;
	} else {
		thing = slab->things + slab->fresh++ * p->size;
	}
	if (++slab->used == p->per_slab)
		list_del(&slab->place);
	return memset(thing, 0, p->size);
}

void
pool_give(struct pool *p, void *thing)
{
	struct thing *freed = thing;
	struct slab *slab;

	CHECK(p->n > 0);
	p->n--;
	if (!POOL_SLABS) {
		free(thing);
		return;
	}
	slab = pool_slab_of(thing);
	freed->next = slab->free;
	slab->free = freed;
	if (list_empty(&slab->place))
		list_add_tail(&p->open, &slab->place);
	if (--slab->used > 0)
		return;
	if (++p->n_empty > 1)
		pool_slab_free(p, slab);
	else
		list_move_tail(&p->open, &slab->place);
}

size_t
pool_n(const struct pool *p)
{
	return p->n;
}

size_t
pool_bytes(const struct pool *p)
{
	return p->bytes;
}
