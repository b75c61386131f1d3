/* Returns free memory inside malloc's heap to the system. malloc itself does so only at
 * the end of the heap. After a wave of requests, freed memory between long-lived
 * allocations would stay with the process for ever. */
#ifndef CORE_HEAP_TRIM_H
#define CORE_HEAP_TRIM_H

#include <stdbool.h>
#include <stddef.h>

/* All zero at the start. */
struct heap_trim {
	/* malloc's free bytes after the last trim, or the lowest figure since then */
	size_t free_bytes;
	long faults; /* page faults of the process at the last trim */
};

/* Trim again when the process has freed or touched that many bytes since the last
 * trim. */
#define HEAP_TRIM_BYTES ((size_t)256 << 10)

/* Call it about once a second. The cost grows with the number of free pieces. Returns
 * true when it trimmed the heap. */
bool heap_trim(struct heap_trim *t);

#endif
