/* Judges the numbers (seq) that one socket receives in one channel. They must come in
 * order, without a hole and without a repeat. */
#ifndef MEASURE_CHECKER_H
#define MEASURE_CHECKER_H

#include <stdint.h>

/* The checker distinguishes a late number from a repeat when it is at most this far
 * behind the highest number. */
#define CHECKER_WINDOW 64

struct checker {
	int64_t last; /* highest number received; below 0: not subscribed yet */
	/* bit i: the number last - 1 - i is missing */
	uint64_t missing;
};

struct checker_counts {
	uint64_t received;   /* all events */
	uint64_t missing;    /* numbers that never came */
	uint64_t doubled;    /* numbers that came again */
	uint64_t disordered; /* numbers that came after a higher one */
};

/* The subscription begins after this number. */
void checker_begin(struct checker *c, int64_t seq);
void checker_event(struct checker *c, int64_t seq, struct checker_counts *counts);
/* The server announced by a gap frame that it skips all numbers up to seq. They count as
 * missing: a benchmark must not take a skipped delivery for a quick one. */
void checker_gap(struct checker *c, int64_t seq, struct checker_counts *counts);
/* The channel's highest number is head: counts the numbers that the socket still lacks,
 * and takes them as received, so that the next run does not count them again. */
void checker_end(struct checker *c, int64_t head, struct checker_counts *counts);

#endif
