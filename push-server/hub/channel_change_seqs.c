#include "hub/channel_change_seqs.h"

#include <stdlib.h>

#include "core/check.h"

#include "core/banned.h"

static struct channel_change_seqs *
channel_change_seqs_need(struct channel_change_seqs **t)
{
	if (*t == NULL)
		*t = mem_new(1, sizeof(**t));
	return *t;
}

void
channel_change_seqs_set_visibility(struct channel_change_seqs **t, int64_t seq)
{
	channel_change_seqs_need(t)->visibility_at = seq;
}

void
channel_change_seqs_set_deleted(struct channel_change_seqs **t, int64_t seq)
{
	channel_change_seqs_need(t)->deleted_at = seq;
}

struct channel_change_seqs
channel_change_seqs_get(const struct channel_change_seqs *t)
{
	static const struct channel_change_seqs none = {0};

	return t == NULL ? none : *t;
}

void
channel_change_seqs_free(struct channel_change_seqs **t)
{
	free(*t);
	*t = NULL;
}
