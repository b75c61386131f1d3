/* Finds members of the frames that a server writes. The frames of one server have the
 * same order of members, and the bodies of the benchmark hold no quotes, so a search for
 * the text is exact. The position in the last frame is the best guess for the next frame.
 */
#ifndef BENCH_FIELD_H
#define BENCH_FIELD_H

#include <stddef.h>
#include <stdint.h>

struct field {
	const char *key; /* as written, with quotes and colon: "\"seq\":" */
	size_t guess;    /* where the last frame had it */
};

/* Returns the text after the key, or NULL. */
const char *field_find(struct field *f, const char *json, size_t len);
/* Returns the number after the key, or -1 when the frame does not have the key. */
int64_t field_number(struct field *f, const char *json, size_t len);

#endif
