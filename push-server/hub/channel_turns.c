#include "hub/channel_turns.h"

#include <stdlib.h>

#include "core/check.h"

#include "core/banned.h"

static struct channel_turns *
channel_turns_need(struct channel_turns **t)
{
	if (*t == NULL)
		*t = mem_new(1, sizeof(**t));
	return *t;
}

void
channel_turns_set_visibility(struct channel_turns **t, int64_t seq)
{
	channel_turns_need(t)->turned_at = seq;
}

void
channel_turns_set_deleted(struct channel_turns **t, int64_t seq)
{
	channel_turns_need(t)->deleted_at = seq;
}

struct channel_turns
channel_turns_get(const struct channel_turns *t)
{
	static const struct channel_turns none = {0};

	return t == NULL ? none : *t;
}

void
channel_turns_free(struct channel_turns **t)
{
	free(*t);
	*t = NULL;
}
