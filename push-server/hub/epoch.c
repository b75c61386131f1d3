#include "hub/epoch.h"

#include <stdio.h>
#include <string.h>

#include "hub/channel.h"

#include "core/banned.h"

/* A channel without a log is skipped: it has delivered no number of the old epoch. */
static void
epoch_reset_all(struct hub *hub)
{
	for (struct list *l = hub->compare_order.next; l != &hub->compare_order;
	     l = l->next) {
		struct channel *ch = LIST_ITEM(l, struct channel, in_compare_order);

		if (!ch->jumped && ch->log != NULL) {
			ch->reset_due = true;
			channel_check_head(ch);
		}
		ch->jumped = false;
	}
}

void
epoch_seen(struct hub *hub, const char *epoch)
{
	struct loop_env *env = hub->env;

	if (strcmp(env->epoch, epoch) == 0)
		return;
	if (env->epoch[0] != '\0')
		epoch_reset_all(hub);
	(void)snprintf(env->epoch, sizeof(env->epoch), "%s", epoch);
}
