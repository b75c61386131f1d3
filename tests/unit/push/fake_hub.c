/* Stand-ins for hub and presence, which count their calls; see fakes.h. */
#include <stdio.h>

#include "fakes.h"
#include "hub/epoch.h"
#include "hub/hub.h"
#include "hub/own_reads.h"
#include "hub/receipts.h"
#include "hub/subscribe.h"
#include "presence/presence.h"

#include "core/banned.h"

void
hub_conn_open(struct hub *hub, struct conn *c)
{
	(void)hub, (void)c;
	fakes.opened++;
}

void
hub_conn_closed(struct hub *hub, struct conn *c)
{
	(void)hub, (void)c;
	fakes.closed++;
}

void
hub_conn_writable(struct hub *hub, struct conn *c)
{
	(void)hub;
	fakes.writable++;
	if (fakes.on_writable != NULL)
		fakes.on_writable(c);
}

void
hub_tick(struct hub *hub)
{
	(void)hub;
}

void
hub_each_second(struct hub *hub)
{
	(void)hub;
}

void
subscribe_check_rights_again(struct conn *c)
{
	(void)c;
	fakes.rights_checks++;
}

void
presence_conn_open(struct presence *p, struct conn *c)
{
	(void)p, (void)c;
}

void
presence_conn_closed(struct presence *p, struct conn *c)
{
	(void)p, (void)c;
}

void
presence_tick(struct presence *p)
{
	(void)p;
}

void
presence_user_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user)
{
	(void)p, (void)tenant, (void)user;
}

void
epoch_seen(struct hub *hub, const char *epoch)
{
	(void)hub, (void)epoch;
	fakes.epochs++;
}

void
receipts_publish(struct hub *hub, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user, int64_t message)
{
	(void)hub, (void)tenant, (void)channel, (void)user, (void)message;
}

void
own_reads_publish(struct hub *hub, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user, int64_t message)
{
	(void)hub, (void)tenant, (void)channel, (void)user, (void)message;
}
