/* Requests of clients to subscribe that are owed an ack or an error. They wait in a list
 * at an applicant or at a subscription. */
#ifndef PUSH_SUB_REQUEST_H
#define PUSH_SUB_REQUEST_H

#include "conn/conn.h"
#include "hub/subscribe.h"

/* One allocation: freed by sub_request_free() and sub_request_drop(). */
struct sub_request {
	struct sub_request *next; /* a later one */
	struct sub_request *last; /* of the list; kept in the first one only */
	const char *op;           /* "subscribe", "sync" */
	const char *id;           /* or NULL: then the client hears of an error only */
	const char *epoch;        /* the client's, or NULL */
	bool has_after;
	int64_t after;
	int64_t deadline_ms; /* answered with an error then */
	/* Of the question that was under way when the request came; else 0. The answer
	 * to it may be older than `after`. */
	uint64_t ticket;
	/* No client's: an error at the deadline tells the reader that its live
	 * subscription waits for the database. */
	bool ours;
	char text[]; /* of id and epoch */
};

/* Copies req. The oldest request stays first: requests are answered in their order. */
struct sub_request *sub_request_add(struct sub_request **requests,
    const struct subscribe_request *req, int64_t deadline_ms);
/* Answer all of them with the error. They stay the caller's. */
void sub_request_refuse(const struct sub_request *requests, struct conn *c,
    const struct channel_id *channel, enum es_code code, const char *text);
/* Free the first one. */
void sub_request_drop(struct sub_request **requests);
/* Free the one that is `ours`, if there is one. */
void sub_request_drop_ours(struct sub_request **requests);
/* Leaves NULL. */
void sub_request_free(struct sub_request **requests);

#endif
