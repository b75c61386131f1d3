/* Requests of clients to subscribe that are owed an ack or an error. They wait in a list
 * at an applicant or at a subscription. */
#ifndef PUSH_SUB_REQUEST_H
#define PUSH_SUB_REQUEST_H

#include "conn/conn.h"
#include "hub/subscribe.h"

/* One allocation: freed by free(). */
struct sub_request {
	struct sub_request *next; /* a later one */
	const char *op;           /* "subscribe", "sync" */
	const char *id;           /* or NULL: then the client hears of an error only */
	const char *epoch;        /* the client's, or NULL */
	bool has_after;
	int64_t after;
	int64_t deadline_ms; /* answered with an error then */
	char text[];         /* of id and epoch */
};

/* Copies req. The oldest request stays first, because it says where the cursor starts. */
void sub_request_add(struct sub_request **requests, const struct subscribe_request *req,
    int64_t deadline_ms);
/* Answer all of them with the error. They stay the caller's. */
void sub_request_refuse(const struct sub_request *requests, struct conn *c,
    const struct channel_id *channel, enum es_code code, const char *text);
/* Leaves NULL. */
void sub_request_free(struct sub_request **requests);

#endif
