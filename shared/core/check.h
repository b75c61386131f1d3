/* A bug stops the program, the world does not: CHECK is for our own mistakes only. */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include "core/attr.h"

/* Never compiled out. Prints file, line and condition to stderr and aborts. */
#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))

ES_NORETURN void check_failed(const char *file, int line, const char *what);

/* calloc, realloc and strdup that never return NULL: out of memory stops the program. */
void *mem_new(size_t count, size_t size) ES_NONNULL;
void *mem_grow(void *old, size_t size) ES_NONNULL;
char *mem_strdup(const char *s) ES_NONNULL;
void mem_free(void *p); /* takes NULL */

#endif
