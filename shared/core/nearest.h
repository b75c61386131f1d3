/* "Did you mean": the known name with the smallest edit distance to a misspelt one. */
#ifndef CORE_NEAREST_H
#define CORE_NEAREST_H

#include <stdbool.h>

#include "core/attr.h"

#define NEAREST_NAME_MAX 64 /* bytes; a longer name resembles none */

/* Levenshtein distance in bytes; NEAREST_NAME_MAX when a name is longer than that. */
unsigned nearest_distance(const char *a, const char *b) ES_MUST_CHECK;

/* The nearest of the names in blank-separated `known`, copied to out with its terminator;
 * case does not count. Returns false, with out "", when more than half of the longer name
 * differs: a guess that far off would only mislead. */
bool nearest_word(
    const char *name, const char *known, char out[NEAREST_NAME_MAX + 1]) ES_MUST_CHECK;

#endif
