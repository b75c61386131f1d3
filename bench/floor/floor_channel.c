/* The channels of the floor, and their subscribers. */
#include <stdlib.h>
#include <string.h>

#include "floor.h"

#define SLOTS (1 << 18) /* twice as many as the largest workload has channels */

static struct channel *slots[SLOTS];
static unsigned n_channels;

static unsigned
floor_channel_hash(const char *id)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 0x100000001b3;
	return (unsigned)(h ^ h >> 32) % SLOTS;
}

struct channel *
floor_channel(const char *id)
{
	unsigned at = floor_channel_hash(id);

	for (; slots[at] != NULL; at = (at + 1) % SLOTS)
		if (strcmp(slots[at]->id, id) == 0)
			return slots[at];
	if (++n_channels <= SLOTS / 2)
		slots[at] = calloc(1, sizeof(*slots[at]));
	if (slots[at] == NULL)
		floor_die("bench_floor: too many channels");
	memcpy(slots[at]->id, id, strlen(id) + 1);
	return slots[at];
}

void
floor_channel_add(struct channel *ch, struct conn *c)
{
	if (ch->n == ch->size) {
		ch->size = ch->size == 0 ? 4 : ch->size * 2;
		ch->subscribers =
		    realloc(ch->subscribers, ch->size * sizeof(struct conn *));
		if (ch->subscribers == NULL)
			floor_die("bench_floor: memory");
	}
	ch->subscribers[ch->n++] = c;
	if (c->n_own < FLOOR_OWN_MAX)
		c->own[c->n_own++] = ch;
	else
		floor_die("bench_floor: a client subscribes to too many channels");
}

void
floor_channel_remove(struct conn *c)
{
	for (unsigned i = 0; i < c->n_own; i++) {
		struct channel *ch = c->own[i];

		for (unsigned k = 0; k < ch->n; k++)
			if (ch->subscribers[k] == c) {
				ch->subscribers[k] = ch->subscribers[--ch->n];
				break;
			}
	}
	c->n_own = 0;
}
