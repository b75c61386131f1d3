#include "send/send_gate.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "core/banned.h"

struct send_gate {
	unsigned n_seats;
	atomic_uint timeouts; /* in a row, of all workers */
	atomic_llong probe_at_ms;
	atomic_uint seats[]; /* slot + 1 of the worker that waits; 0: free */
};

static size_t
send_gate_size(unsigned n_seats)
{
	return sizeof(struct send_gate) + n_seats * sizeof(atomic_uint);
}

enum es_code
send_gate_open(unsigned send_workers, struct send_gate **out, struct es_err *err)
{
	const unsigned n = send_workers > 1 ? send_workers / 2 : 1;
	struct send_gate *g = mmap(NULL, send_gate_size(n), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (g == MAP_FAILED)
		return es_fail(err, ES_INTERNAL, "mmap: %s", strerror(errno));
	g->n_seats = n;
	*out = g;
	return ES_OK;
}

void
send_gate_close(struct send_gate **g)
{
	if (*g != NULL)
		(void)munmap(*g, send_gate_size((*g)->n_seats));
	*g = NULL;
}

/* Returns true for one send per SEND_GATE_PROBE_MS: the probe, which waits for its
 * outcome while commits are stalled. The probe is the send whose compare-and-exchange of
 * probe_at_ms succeeds. */
static bool
send_gate_is_probe(struct send_gate *g, int64_t now_ms)
{
	long long at = atomic_load(&g->probe_at_ms);

	return now_ms >= at && atomic_compare_exchange_strong(
				   &g->probe_at_ms, &at, now_ms + SEND_GATE_PROBE_MS);
}

static bool
send_gate_take_seat(struct send_gate *g, unsigned slot)
{
	for (unsigned i = 0; i < g->n_seats; i++) {
		unsigned unused = 0;

		if (atomic_compare_exchange_strong(&g->seats[i], &unused, slot + 1))
			return true;
	}
	return false;
}

bool
send_gate_enter(struct send_gate *g, unsigned slot, int64_t now_ms)
{
	if (!send_gate_take_seat(g, slot))
		return false;
	if (atomic_load(&g->timeouts) < SEND_GATE_TIMEOUTS ||
	    send_gate_is_probe(g, now_ms))
		return true;
	send_gate_free_seat(g, slot);
	return false;
}

void
send_gate_leave(struct send_gate *g, unsigned slot, bool in_time)
{
	if (in_time)
		atomic_store(&g->timeouts, 0);
	else
		(void)atomic_fetch_add(&g->timeouts, 1);
	send_gate_free_seat(g, slot);
}

void
send_gate_free_seat(struct send_gate *g, unsigned slot)
{
	for (unsigned i = 0; i < g->n_seats; i++) {
		unsigned own_seat = slot + 1;

		(void)atomic_compare_exchange_strong(&g->seats[i], &own_seat, 0);
	}
}
