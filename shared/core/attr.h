/* Short names for compiler attributes, and small macros. */
#ifndef CORE_ATTR_H
#define CORE_ATTR_H

#include <stddef.h>

#define ES_MUST_CHECK   __attribute__((warn_unused_result))
#define ES_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ES_NORETURN     __attribute__((noreturn))
#define ES_NONNULL      __attribute__((returns_nonnull))
#define ES_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Gives the struct of the given type whose member `member` ptr points to. */
#define ES_CONTAINER(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Return from the function when call fails. Only for functions whose resources all belong
 * to an arena, since nothing else is freed. */
#define TRY(call) \
	do { \
		const enum es_code try_ = (call); \
		if (try_ != ES_OK) \
			return try_; \
	} while (0)

/* Ignore a result on purpose. A cast to void does not silence ES_MUST_CHECK in gcc. */
#define IGNORE(call) \
	do { \
		if (call) { /* on purpose */ \
		} \
	} while (0)

#endif
