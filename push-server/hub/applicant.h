/* An applicant is a request to subscribe to a channel that this worker does not hold. It
 * exists until the database has answered whether the user may read the channel. Only
 * after a permission does the worker create the channel, subscribe to its topic in Redis
 * and create a subscription. So an id that a client invents costs one applicant for the
 * time of one question, and no more.
 *
 * A connection never has an applicant and a subscription for the same channel. Applicants
 * count as subscriptions against the connection's limit. */
#ifndef PUSH_APPLICANT_H
#define PUSH_APPLICANT_H

#include "hub/hub_state.h"
#include "hub/sub_request.h"

struct applicant {
	struct table_node node; /* in hub->applicants, by connection and channel */
	struct list of_hub;     /* on hub->applying, the earliest deadline first */
	struct list of_conn;    /* on hub_conn->applicants */
	struct list place;      /* on hub_conn->to_apply until the question is sent */
	struct conn *conn;
	struct channel_id channel;
	uint64_t ask_id;              /* of the question under way */
	bool asked;                   /* a question is under way */
	struct sub_request *requests; /* never NULL */
};

struct applicant *applicant_find(
    const struct hub *hub, const struct conn *c, const struct channel_id *channel);
/* Make an applicant for the request. The worker sends its question to the database at the
 * end of the turn or later (gather.h). */
void applicant_new(struct hub *hub, struct conn *c, const struct subscribe_request *req);
/* Free the applicant without an answer to its requests. */
void applicant_free(struct applicant *a);
/* Note that the worker has sent the applicant's question. The caller has set ask_id,
 * which tells the answer to this question from the answer to an earlier one. */
void applicant_asked(struct applicant *a);
/* The question has failed: queue it once more. */
void applicant_ask_again(struct applicant *a);
/* Answer every request with the error and free the applicant. */
void applicant_fail(struct applicant *a, enum es_code code, const char *text);
/* Refuse the applicants whose deadline has passed, even while their question is under
 * way. */
void applicant_tick(struct hub *hub);

#endif
