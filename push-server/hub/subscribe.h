/* From "subscribe" to a live cursor: topic confirmed, then reader and head from the
 * database in one snapshot, then the answer, then what came after the client's number. */
#ifndef PUSH_SUBSCRIBE_H
#define PUSH_SUBSCRIBE_H

#include "hub/hub.h"

struct subscribe_request {
	struct channel_id channel;
	const char *op; /* "subscribe", "sync": static */
	const char *id; /* the client's, or NULL */
	bool has_after;
	int64_t after;
	const char *epoch; /* the client's, or NULL */
};

/* ES_OK: will be answered (at once for one that is subscribed already: it keeps its
 * cursor). ES_TOO_MANY_SUBSCRIPTIONS. */
enum es_code subscribe_begin(struct hub *hub, struct conn *c,
    const struct subscribe_request *req, struct es_err *err) ES_MUST_CHECK;

/* Nothing of the channel is written after this. Also when not subscribed. */
void subscribe_end(struct hub *hub, struct conn *c, const struct channel_id *channel);

/* End of a turn: put the questions of this turn to the database. */
void subscribe_ask(struct hub *hub);
/* Refuse the subscriptions whose right could not be checked in time. */
void subscribe_tick(struct hub *hub);

#endif
