/* free() and realloc() that overwrite what they release. They replace those of libc for
 * the whole process, with its libraries: the text of a deleted message then isn't left
 * over in memory that hiredis, json-c, libpq or libwebsockets has freed.
 *
 * Only echostream-push links this file. Builds with a sanitizer leave it out, because a
 * sanitizer brings its own allocator. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"

#include "core/banned.h"

#define HEAP_WIPE_EXPORT __attribute__((visibility("default")))

/* glibc exports its allocator under these names, too. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void __libc_free(void *p);
void *__libc_realloc(void *p, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's are reserved
 */
HEAP_WIPE_EXPORT void
free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	__libc_free(p);
}

/* glibc's realloc() moves a block without overwriting the old one. So a growing block is
 * always copied here. */
HEAP_WIPE_EXPORT void *
realloc(void *p, size_t size)
{
	const size_t old = p != NULL ? malloc_usable_size(p) : 0;
	void *grown;

	if (p == NULL)
		return malloc(
		    size); /* NOLINT(clang-analyzer-optin.portability.UnixAPI) */
	if (size == 0) {
		free(p);
		return NULL;
	}
	if (size <= old) {
		explicit_bzero((char *)p + size, old - size);
		return __libc_realloc(p, size); /* shrinks in place */
	}
	grown = malloc(size);
	if (grown == NULL)
		return NULL;
	memcpy(grown, p, old);
	free(p);
	return grown;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
