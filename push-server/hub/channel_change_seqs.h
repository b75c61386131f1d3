/* The numbers of the last event that made a channel private or public, and of the event
 * that deleted it. An answer of the database that is older must not undo the effect of
 * the event. */
#ifndef PUSH_CHANNEL_CHANGE_SEQS_H
#define PUSH_CHANNEL_CHANGE_SEQS_H

#include <stdint.h>

struct channel_change_seqs {
	int64_t visibility_at; /* the last change to private or public; 0: none */
	int64_t deleted_at;    /* the event channel_deleted; 0: none */
};

/* *t is NULL before the first call, which allocates it, because most channels never
 * change in this way. */
void channel_change_seqs_set_visibility(struct channel_change_seqs **t, int64_t seq);
void channel_change_seqs_set_deleted(struct channel_change_seqs **t, int64_t seq);
/* t may be NULL. */
struct channel_change_seqs channel_change_seqs_get(const struct channel_change_seqs *t);
/* Takes NULL; leaves NULL. */
void channel_change_seqs_free(struct channel_change_seqs **t);

#endif
