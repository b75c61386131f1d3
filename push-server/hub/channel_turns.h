/* The numbers at which a channel turned private or public and at which it was deleted. An
 * answer of the database that is older must not undo what the event has changed. */
#ifndef PUSH_CHANNEL_TURNS_H
#define PUSH_CHANNEL_TURNS_H

#include <stdint.h>

struct channel_turns {
	int64_t turned_at;  /* the last turn to private or public; 0: none */
	int64_t deleted_at; /* the event channel_deleted; 0: none */
};

/* Most channels never turn: *t is NULL until the first time, and takes no memory. */
void channel_turns_turned(struct channel_turns **t, int64_t seq);
void channel_turns_deleted(struct channel_turns **t, int64_t seq);
/* t may be NULL. */
struct channel_turns channel_turns_get(const struct channel_turns *t);
/* Takes NULL; leaves NULL. */
void channel_turns_free(struct channel_turns **t);

#endif
