#include "core/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/metrics_private.h"

#include "core/banned.h"

#define MAGIC 0x65636d3031ULL

struct header {
	uint64_t magic, layout, size;
};

static unsigned
metrics_cells_of(const struct metric *d)
{
	/* A histogram has a counter for each edge, one for larger values, and the sum in
	 * micro-units. */
	return d->type == METRIC_HISTOGRAM ? d->n_edges + 2 : 1;
}

/* A hash of the table and the number of slots. A file with another hash is not reused,
 * because its cells have other meanings. */
static uint64_t
metrics_layout_of(const struct metric table[], unsigned n, unsigned slots)
{
	uint64_t h = hash_bytes(&slots, sizeof(slots));

	for (unsigned i = 0; i < n; i++) {
		CHECK(table[i].name != NULL); /* each constant needs a row */
		h = h * 31 + hash_bytes(table[i].name, strlen(table[i].name));
		h = h * 31 + metrics_cells_of(&table[i]);
		if (table[i].labels != NULL)
			h = h * 31 + hash_bytes(table[i].labels, strlen(table[i].labels));
	}
	return h;
}

static void
metrics_lay_out(struct metrics *m)
{
	unsigned at = 1; /* cell 0 of each slot is the heartbeat */

	m->first = mem_new(m->n, sizeof(*m->first));
	for (unsigned i = 0; i < m->n; i++) {
		CHECK(m->table[i].n_edges <= METRIC_EDGES);
		m->first[i] = at;
		at += metrics_cells_of(&m->table[i]);
	}
	m->stride = (at + 7) & ~7U; /* each slot starts on a cache line of its own */
	m->size = sizeof(struct header) + (size_t)m->slots * m->stride * sizeof(uint64_t);
}

static enum es_code
metrics_no_file(const char *path, int fd, struct es_err *err)
{
	const int why = errno;

	if (fd >= 0)
		(void)close(fd);
	return es_fail(err, ES_INVALID, "%s: %s", path, strerror(why));
}

/* Reads the cells of the file at path. Reads none when the file has another layout. */
static enum es_code
metrics_read_cells(
    const char *path, const struct header *want, void *cells, struct es_err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	struct header is;

	if (fd < 0)
		return errno == ENOENT ? ES_OK : metrics_no_file(path, fd, err);
	if (fstat(fd, &st) != 0)
		return metrics_no_file(path, fd, err);
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return metrics_no_file(path, fd, err);
	}
	if ((uint64_t)st.st_size == want->size &&
	    pread(fd, &is, sizeof(is), 0) == (ssize_t)sizeof(is) &&
	    memcmp(&is, want, sizeof(is)) == 0 &&
	    pread(fd, cells, want->size, 0) != (ssize_t)want->size)
		return metrics_no_file(path, fd, err);
	(void)close(fd);
	return ES_OK;
}

/* Maps a new file with the counts of the old one, and renames it over the old one. An
 * earlier master may still drain with the old file mapped. If both masters mapped one
 * file, each would clear the other's gauges and heartbeats. */
static enum es_code
metrics_map_file(
    const char *path, const struct header *want, void **out, struct es_err *err)
{
	char *beside = mem_new(1, strlen(path) + 16);
	enum es_code rc = ES_OK;
	int fd;

	(void)snprintf(beside, strlen(path) + 16, "%s.%ld", path, (long)getpid());
	(void)unlink(beside); /* left by a killed process with our pid */
	fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)want->size) != 0) {
		rc = metrics_no_file(beside, fd, err);
	} else {
		*out = mmap(NULL, want->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		rc = *out != MAP_FAILED ? metrics_read_cells(path, want, *out, err)
		                        : metrics_no_file(beside, -1, err);
		if (rc == ES_OK && rename(beside, path) != 0)
			rc = metrics_no_file(path, -1, err);
		(void)close(fd);
	}
	if (rc != ES_OK)
		(void)unlink(beside);
	mem_free(beside);
	return rc;
}

enum es_code
metrics_open(const char *path, const struct metric table[], unsigned n, unsigned slots,
    struct metrics **out, struct es_err *err)
{
	struct metrics *m = mem_new(1, sizeof(*m));
	struct header want;
	enum es_code rc = ES_OK;

	*m = (struct metrics){.table = table, .n = n, .slots = slots};
	metrics_lay_out(m);
	want = (struct header){MAGIC, metrics_layout_of(table, n, slots), m->size};
	if (path != NULL && *path != '\0')
		rc = metrics_map_file(path, &want, &m->map, err);
	else
		m->map = mmap(NULL, m->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rc == ES_OK && m->map == MAP_FAILED)
		rc = es_fail(err, ES_INVALID, "metrics: %s", strerror(errno));
	if (rc != ES_OK) {
		m->map = m->map == MAP_FAILED ? NULL : m->map;
		metrics_close(&m);
		return rc;
	}
	if (memcmp(m->map, &want, sizeof(want)) != 0) {
		memset(m->map, 0, m->size);
		memcpy(m->map, &want, sizeof(want));
	}
	m->cells = (_Atomic uint64_t *)(void *)((char *)m->map + sizeof(struct header));
	/* Clear the heartbeats and gauges in the file, which earlier workers wrote. */
	for (unsigned s = 0; s < slots; s++) {
		m->cells[(size_t)s * m->stride] = 0;
		metrics_clear_gauges(m, s);
	}
	*out = m;
	return ES_OK;
}

void
metrics_close(struct metrics **m)
{
	if (*m == NULL)
		return;
	if ((*m)->map != NULL)
		(void)munmap((*m)->map, (*m)->size);
	mem_free((*m)->first);
	mem_free(*m);
	*m = NULL;
}

void
metrics_use_slot(struct metrics *m, unsigned slot)
{
	CHECK(slot < m->slots);
	m->slot = slot;
	m->cells[(size_t)slot * m->stride] = 0;
	metrics_clear_gauges(m, slot);
}

_Atomic uint64_t *
metrics_cell(const struct metrics *m, unsigned slot, unsigned id, unsigned k)
{
	return &m->cells[(size_t)slot * m->stride + m->first[id] + k];
}

void
metrics_clear_gauges(struct metrics *m, unsigned slot)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->table[i].type == METRIC_GAUGE ||
		    m->table[i].type == METRIC_GAUGE_MAX)
			*metrics_cell(m, slot, i, 0) = 0;
}

void
metrics_add(struct metrics *m, unsigned id, uint64_t n)
{
	*metrics_cell(m, m->slot, id, 0) += n;
}

void
metrics_gauge_set(struct metrics *m, unsigned id, int64_t value)
{
	*metrics_cell(m, m->slot, id, 0) = (uint64_t)value;
}

void
metrics_gauge_add(struct metrics *m, unsigned id, int64_t delta)
{
	*metrics_cell(m, m->slot, id, 0) += (uint64_t)delta;
}

void
metrics_observe(struct metrics *m, unsigned id, double value)
{
	const struct metric *d = &m->table[id];
	unsigned k = 0;

	while (k < d->n_edges && value > d->edges[k])
		k++;
	*metrics_cell(m, m->slot, id, k) += 1;
	*metrics_cell(m, m->slot, id, d->n_edges + 1) +=
	    (uint64_t)(value > 0 ? value * 1e6 : 0);
}

void
metrics_beat(struct metrics *m)
{
	m->cells[(size_t)m->slot * m->stride] = (uint64_t)clock_mono_ms();
}

int64_t
metrics_beat_age_ms(const struct metrics *m, unsigned slot)
{
	const int64_t at = (int64_t)m->cells[(size_t)slot * m->stride];

	return at == 0 ? -1 : clock_mono_ms() - at;
}
