#include "measure/checker.h"

#include "core/banned.h"

void
checker_begin(struct checker *c, int64_t seq)
{
	c->last = seq;
	c->missing = 0;
}

/* Advances c->last to seq, which is above it. Skipped numbers become missing. */
static void
checker_advance(struct checker *c, int64_t seq, struct checker_counts *counts)
{
	const int64_t step = seq - c->last;
	const int64_t skipped = step - 1;
	uint64_t bits = 0;

	/* Bit step - 1 stands for the old c->last, which was received. */
	if (step < CHECKER_WINDOW)
		bits = c->missing << step;
	if (skipped >= CHECKER_WINDOW)
		bits = UINT64_MAX;
	else if (skipped > 0)
		bits |= ((uint64_t)1 << skipped) - 1;
	counts->missing += (uint64_t)skipped;
	c->missing = bits;
	c->last = seq;
}

void
checker_event(struct checker *c, int64_t seq, struct checker_counts *counts)
{
	const int64_t behind = c->last - 1 - seq;

	counts->received++;
	if (seq > c->last) {
		checker_advance(c, seq, counts);
	} else if (behind >= 0 && behind < CHECKER_WINDOW &&
		   (c->missing >> behind & 1) != 0) {
		c->missing &= ~((uint64_t)1 << behind);
		counts->missing--;
		counts->disordered++;
	} else {
		counts->doubled++;
	}
}

void
checker_gap(struct checker *c, int64_t seq, struct checker_counts *counts)
{
	checker_end(c, seq, counts);
}

void
checker_end(struct checker *c, int64_t head, struct checker_counts *counts)
{
	if (head <= c->last)
		return;
	counts->missing += (uint64_t)(head - c->last);
	checker_begin(c, head);
}
