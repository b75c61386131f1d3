/* The hub's hooks, counted; see fakes.h. */
#include <stdio.h>

#include "fakes.h"
#include "hub/hub_hooks.h"
#include "worker/worker.h"

#include "core/banned.h"

enum es_code
hub_open(struct worker *w, struct hub **out, struct es_err *err)
{
	(void)w, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

void
hub_close(struct hub **hub)
{
	(void)hub;
}

void
hub_conn_open(struct conn *c)
{
	(void)c;
	fakes.opened++;
}

void
hub_conn_closed(struct conn *c)
{
	(void)c;
	fakes.closed++;
}

void
deliver_writable(struct conn *c)
{
	fakes.writable++;
	if (fakes.on_writable != NULL)
		fakes.on_writable(c);
}

void
hub_topic_message(struct hub *hub, const char *topic, const char *data, size_t len)
{
	(void)hub, (void)topic, (void)data, (void)len;
}

void
hub_topic_subscribed(struct hub *hub, const char *topic)
{
	(void)hub, (void)topic;
}

void
hub_topics_state(struct hub *hub, bool up)
{
	(void)hub, (void)up;
}

void
hub_redis_state(struct hub *hub, bool up)
{
	(void)hub, (void)up;
}

void
hub_epoch(struct worker *w, const char *epoch)
{
	(void)snprintf(w->epoch, sizeof(w->epoch), "%s", epoch);
	fakes.epochs++;
}

void
hub_drain(struct hub *hub)
{
	(void)hub;
}
