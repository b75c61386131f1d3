#include "core/heap_trim.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/banned.h"

/* Returns the number of minor page faults: pages that the process touched for the first
 * time, or again after a trim. */
static long
heap_trim_faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : 0;
}

/* malloc still counts trimmed pages as free. If the process uses and frees such pages
 * again, malloc's figure does not change, but the page faults increase. */
bool
heap_trim(struct heap_trim *t)
{
	const size_t free_bytes = mallinfo2().fordblks;
	const long touched = (heap_trim_faults() - t->faults) * sysconf(_SC_PAGESIZE);

	if (free_bytes < t->free_bytes)
		t->free_bytes = free_bytes;
	if (free_bytes < HEAP_TRIM_BYTES ||
	    (free_bytes - t->free_bytes < HEAP_TRIM_BYTES &&
		touched < (long)HEAP_TRIM_BYTES))
		return false;
	(void)malloc_trim(0);
	t->free_bytes = mallinfo2().fordblks;
	t->faults = heap_trim_faults();
	return true;
}
