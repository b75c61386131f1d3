/* Clients' requests to subscribe that wait for an ack or an error. They are in the list
 * of an applicant or a subscription. */
#ifndef PUSH_SUB_REQUEST_H
#define PUSH_SUB_REQUEST_H

#include "conn/conn.h"
#include "hub/subscribe.h"

/* One allocation: freed by sub_request_free() and sub_request_drop(). */
struct sub_request {
	struct sub_request *next; /* next in the list */
	struct sub_request *last; /* the list's last request; set in the first one only */
	const char *op;           /* "subscribe", "sync" */
	const char *id;           /* NULL: the client receives no ack, only errors */
	const char *epoch;        /* the client's epoch, or NULL */
	bool has_after;
	int64_t after;
	int64_t newest;           /* see struct subscribe_request */
	struct sync_answer *sync; /* NULL: none, or it has the result already */
	size_t sync_i;
	int64_t deadline_ms; /* after this time the answer is an error */
	/* The question that was under way when the request came, or 0. The answer to that
	 * question may be older than `after`. */
	uint64_t ask_id;
	/* The worker has made the request itself. When this request reaches its deadline,
	 * the error informs the reader that a live subscription waits for the database.
	 */
	bool internal;
	char text[]; /* the strings of id and epoch */
};

/* Append a copy of req. Requests are answered in the order of the list, oldest first. */
struct sub_request *sub_request_add(struct sub_request **requests,
    const struct subscribe_request *req, int64_t deadline_ms);
/* Send the client the error for one request, or for each of the list. Does not free it.
 */
void sub_request_refuse_one(struct sub_request *r, struct conn *c,
    const struct channel_id *channel, const struct es_err *err);
void sub_request_refuse(struct sub_request *requests, struct conn *c,
    const struct channel_id *channel, enum es_code code, const char *text);
/* Tell the sync of the request, if there is one, that the channel is subscribed. */
void sub_request_succeeded(struct sub_request *r, int64_t seq, int64_t replayed);
/* Free the first request. A sync that waits for its answer gets the error `gone`. */
void sub_request_drop(struct sub_request **requests);
/* Free the internal request, if the list has one. */
void sub_request_drop_internal(struct sub_request **requests);
/* Free all requests. Leaves NULL. */
void sub_request_free(struct sub_request **requests);

#endif
