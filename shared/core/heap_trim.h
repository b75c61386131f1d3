/* Give free memory inside malloc's heap back to the system. malloc itself does so at the
 * end of the heap only: after a wave of requests the freed memory between long-lived
 * things would count as the process's for ever. */
#ifndef CORE_HEAP_TRIM_H
#define CORE_HEAP_TRIM_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: nothing known yet. */
struct heap_trim {
	size_t free_bytes; /* after the last trim, or the least since */
	long faults;       /* page faults of the process until then */
};

/* Bytes freed or touched since the last trim that are worth another one. */
#define HEAP_TRIM_BYTES ((size_t)256 << 10)

/* Call it every second or so. The cost grows with the number of free pieces. True: it
 * trimmed. */
bool heap_trim(struct heap_trim *t);

#endif
