/* What the sockets' side of a worker asks of the hub's side. The hub's side implements
 * it. */
#ifndef PUSH_HUB_HOOKS_H
#define PUSH_HUB_HOOKS_H

#include "conn/conn.h"
#include "core/err.h"

struct hub;

/* worker's loop, pg, redis, topics, metrics and conf are set. */
enum es_code hub_open(
    struct worker *w, struct hub **out, struct es_err *err) ES_MUST_CHECK;
/* Connections are gone; takes its leases back as far as that goes without waiting. */
void hub_close(struct hub **hub);

/* hello was queued. The hub sets conn->hub. */
void hub_conn_open(struct conn *c);
/* Called once per hub_conn_open, from the top of the loop. Frees conn->hub and the
 * subscriptions. */
void hub_conn_closed(struct conn *c);
/* A blocked connection takes bytes again and its control frames are out. */
void deliver_writable(struct conn *c);

/* Topics other than the worker's reply topic. */
void hub_topic_message(struct hub *hub, const char *topic, const char *data, size_t len);
void hub_topic_subscribed(struct hub *hub, const char *topic);
void hub_topics_state(struct hub *hub, bool up);
/* The commands' connection to Redis came up or was lost. */
void hub_redis_state(struct hub *hub, bool up);
/* The epoch of the numbers, as an answer of the database tells it; becomes the worker's.
 * A new one: all channels are compared and their readers told of a reset, once. */
void hub_epoch(struct worker *w, const char *epoch);
/* The worker drains: no new work, sockets are about to close. */
void hub_drain(struct hub *hub);

/* May this connection's user read and send here? Cached; done is called once, never from
 * inside. ES_OK, ES_NOT_FOUND, ES_CHANNEL_ARCHIVED (may read, not send), ES_UNAVAILABLE.
 * c may be gone by then: ctx carries what is needed. */
typedef void authz_done(void *ctx, enum es_code rc, const struct es_err *err);
void authz_check(struct worker *w, const struct conn *c, const struct channel_id *channel,
    authz_done *done, void *ctx);

#endif
