#include "core/heap_trim.h"

#include <malloc.h>

#include "core/banned.h"

bool
heap_trim(struct heap_trim *t)
{
	const size_t free_bytes = mallinfo2().fordblks;

	if (free_bytes < t->free_bytes)
		t->free_bytes = free_bytes;
	if (free_bytes - t->free_bytes < HEAP_TRIM_BYTES)
		return false;
	(void)malloc_trim(0);
	/* Trimmed pages stay free pieces of the heap: what malloc counts does not change
	 * much. */
	t->free_bytes = mallinfo2().fordblks;
	return true;
}
