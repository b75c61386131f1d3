/* Compiler attributes and small macros under short names. */
#ifndef CORE_ATTR_H
#define CORE_ATTR_H

#include <stddef.h>

#define ES_MUST_CHECK   __attribute__((warn_unused_result))
#define ES_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ES_NORETURN     __attribute__((noreturn))
#define ES_NONNULL      __attribute__((returns_nonnull))
#define ES_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of the given type that holds ptr as its member. */
#define ES_CONTAINER(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Leave the function on the first failure. Only where an arena owns everything. */
#define TRY(call) \
	do { \
		const enum es_code try_ = (call); \
		if (try_ != ES_OK) \
			return try_; \
	} while (0)

/* Drop a result on purpose: gcc does not take a cast to void for ES_MUST_CHECK. */
#define IGNORE(call) \
	do { \
		if (call) { /* on purpose */ \
		} \
	} while (0)

#endif
