#include "queue/queue_position.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/banned.h"

/* Reads up to 20 digits without overflow. Returns what follows them, or NULL. */
static const char *
queue_position_parse_number(const char *s, uint64_t *out)
{
	uint64_t value = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		const uint64_t digit = (uint64_t)(*s - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	*out = value;
	return s;
}

bool
queue_position_parse(const char *s, struct queue_position *out)
{
	struct queue_position p = {0};

	if (*s != '\0') {
		s = queue_position_parse_number(s, &p.ms);
		if (s == NULL || *s != '-')
			return false;
		s = queue_position_parse_number(s + 1, &p.n);
		if (s == NULL || *s != '\0')
			return false;
	}
	*out = p;
	return true;
}

void
queue_position_format(const struct queue_position *p, char out[QUEUE_POSITION_MAX])
{
	(void)snprintf(out, QUEUE_POSITION_MAX, "%" PRIu64 "-%" PRIu64, p->ms, p->n);
}

bool
queue_position_before(const struct queue_position *a, const struct queue_position *b)
{
	return a->ms != b->ms ? a->ms < b->ms : a->n < b->n;
}

struct queue_position
queue_position_next(const struct queue_position *p)
{
	if (p->n == UINT64_MAX)
		return (struct queue_position){.ms = p->ms + 1};
	return (struct queue_position){.ms = p->ms, .n = p->n + 1};
}
