/* Rate limits of sending, for the user and for the tenant. When the queue is in the Redis
 * of the limits, the send charges them in its own round trip, as the queue's guard. */
#ifndef API_SEND_LIMITS_H
#define API_SEND_LIMITS_H

#include "env/api.h"
#include "queue/queue_guard.h"

/* The charge of one message. */
struct send_charge {
	struct api *api;
	const struct http_req *req;
	struct http_res *res;
	struct limit user, tenant;
	bool due; /* not charged yet */
	struct limits_request request;
	struct queue_guard guard;
};

/* Charges one message to both limits, or leaves it due when the guard of the queue can
 * charge it. A charge sets RateLimit-Policy and RateLimit. When either limit is used up,
 * it returns ES_RATE_LIMITED and sets err->retry_after_ms and res->policy. *out must stay
 * where it is. */
enum es_code send_limits_begin(struct api *api, const struct http_req *req,
    struct http_res *res, struct send_charge *out, struct es_err *err) ES_MUST_CHECK;

/* Charges a message that does not reach the queue, if its charge is due. */
enum es_code send_limits_charge(struct send_charge *c, struct es_err *err) ES_MUST_CHECK;

/* The guard of the send that charges the message; NULL: it is charged already. */
const struct queue_guard *send_limits_guard(struct send_charge *c);

#endif
