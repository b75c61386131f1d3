/* The numbers of the events by which a channel became private or public, and was deleted.
 * An answer of the database that is older must not undo the effect of the event. */
#ifndef PUSH_CHANNEL_TURNS_H
#define PUSH_CHANNEL_TURNS_H

#include <stdint.h>

struct channel_turns {
	int64_t turned_at;  /* the last change to private or public; 0: none */
	int64_t deleted_at; /* the event channel_deleted; 0: none */
};

/* *t is NULL until the first call, because most channels never change in this way. */
void channel_turns_set_visibility(struct channel_turns **t, int64_t seq);
void channel_turns_set_deleted(struct channel_turns **t, int64_t seq);
/* t may be NULL. */
struct channel_turns channel_turns_get(const struct channel_turns *t);
/* Takes NULL; leaves NULL. */
void channel_turns_free(struct channel_turns **t);

#endif
