/* CHECK is for bugs of this program only: a failed CHECK stops the program. Failures of
 * the outside (network, input, database) are errors that the caller handles. */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include "core/attr.h"

/* Sets the function that reports a failed CHECK. log_init() sets one that writes a log
 * line; without a function the text goes to stderr. */
typedef void check_report(const char *file, int line, const char *what);
void check_set_report(check_report *report);

/* Reports file, line and condition, and aborts. Also active in release builds. */
#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))

ES_NORETURN void check_failed(const char *file, int line, const char *what);

/* calloc, realloc and strdup that never return NULL, because running out of memory stops
 * the program. */
void *mem_new(size_t count, size_t size) ES_NONNULL;
void *mem_grow(void *old, size_t size) ES_NONNULL;
char *mem_strdup(const char *s) ES_NONNULL;
void mem_free(void *p); /* p may be NULL */

#endif
