#include "hub/sub_request.h"

#include <stdlib.h>
#include <string.h>

#include "conn/frame_out.h"
#include "core/check.h"
#include "event/feed.h"
#include "hub/sync_answer.h"

#include "core/banned.h"

struct sub_request *
sub_request_add(struct sub_request **requests, const struct subscribe_request *req,
    int64_t deadline_ms)
{
	const size_t id = req->id == NULL ? 0 : strlen(req->id) + 1;
	const size_t epoch = req->epoch == NULL ? 0 : strlen(req->epoch) + 1;
	struct sub_request *request = mem_new(1, sizeof(*request) + id + epoch);

	request->op = req->op;
	if (req->id != NULL)
		request->id = memcpy(request->text, req->id, id);
	if (req->epoch != NULL)
		request->epoch = memcpy(request->text + id, req->epoch, epoch);
	request->has_after = req->has_after;
	request->after = req->after;
	request->newest = req->newest;
	request->sync = req->sync;
	request->sync_i = req->sync_i;
	request->deadline_ms = deadline_ms;
	if (*requests == NULL)
		*requests = request;
	else
		(*requests)->last->next = request;
	(*requests)->last = request;
	return request;
}

void
sub_request_refuse_one(struct sub_request *r, struct conn *c,
    const struct channel_id *channel, const struct es_err *err)
{
	struct sync_answer *sync = r->sync;

	frame_out_error(
	    c, r->op, r->id, feed_channel_name(channel, &c->tenant, &c->user), err);
	r->sync = NULL;
	if (sync != NULL)
		sync_answer_failed(sync, r->sync_i, err->code);
}

void
sub_request_succeeded(struct sub_request *r, int64_t seq, int64_t replayed)
{
	struct sync_answer *sync = r->sync;

	r->sync = NULL;
	if (sync != NULL)
		sync_answer_ok(sync, r->sync_i, seq, replayed);
}

void
sub_request_refuse(struct sub_request *requests, struct conn *c,
    const struct channel_id *channel, enum es_code code, const char *text)
{
	struct es_err err;

	(void)es_fail(&err, code, "%s", text);
	for (struct sub_request *r = requests; r != NULL; r = r->next)
		sub_request_refuse_one(r, c, channel, &err);
}

void
sub_request_drop(struct sub_request **requests)
{
	struct sub_request *first = *requests;

	*requests = first->next;
	if (*requests != NULL)
		(*requests)->last = first->last;
	if (first->sync != NULL)
		sync_answer_failed(first->sync, first->sync_i, ES_GONE);
	free(first);
}

void
sub_request_drop_internal(struct sub_request **requests)
{
	struct sub_request *first = *requests, *r = first;

	if (first == NULL)
		return;
	if (first->internal) {
		sub_request_drop(requests);
		return;
	}
	while (r->next != NULL && !r->next->internal)
		r = r->next;
	if (r->next != NULL) {
		struct sub_request *internal = r->next;

		r->next = internal->next;
		if (first->last == internal)
			first->last = r;
		free(internal);
	}
}

void
sub_request_free(struct sub_request **requests)
{
	while (*requests != NULL)
		sub_request_drop(requests);
}
