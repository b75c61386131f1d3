#include "client_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

struct outside out;
unsigned model_deleted, model_tombstones, model_ended;
unsigned model_events, model_gaps, model_resets, model_faults, model_mixed;
char model_first_fault[400];

void
model_fault(const char *what, const char *json, int64_t at)
{
	if (model_faults++ == 0)
		(void)snprintf(model_first_fault, sizeof(model_first_fault),
		    "%s (at %" PRId64 "): %.60s ... %s", what, at, json,
		    strstr(json, "\"seq\"") ? strstr(json, "\"seq\"") : "");
}

static int64_t
number(const char *json, const char *name)
{
	char key[32];
	const char *at;

	(void)snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(json, key);
	return at == NULL ? -1 : strtoll(at + strlen(key), NULL, 10);
}

static unsigned
channel_of(const char *json)
{
	for (unsigned i = 0; i < OUT_CHANNELS; i++)
		if (strstr(json, out.channels[i].id.text) != NULL)
			return i;
	CHECK(false && "a frame without a channel");
	return 0;
}

static void
model_gap(struct model_channel *known, unsigned c, const char *json)
{
	const int64_t from = number(json, "fromSeq"), to = number(json, "toSeq");

	model_gaps++;
	known->gap_due = false;
	if (strstr(json, "\"reset\"") != NULL) {
		model_resets++;
		if (!known->may_reset)
			model_fault("an unexpected reset", json, known->at);
	} else {
		if (from != known->at + 1 || to < from)
			model_fault("a gap with wrong numbers", json, known->at);
		else if (!out.channels[c].is_private && to - from + 1 <= LIMIT)
			model_fault("an unexpected gap", json, known->at);
	}
	known->at = to;
}

/* When a client of the worker has received the deletion of a message, no client receives
 * a text of the message any more. */
static void
model_text(unsigned c, int64_t seq, const char *json)
{
	struct out_event *e = &out.channels[c].events[seq];

	if (e->kind == EVENT_MESSAGE_DELETED) {
		out.channels[c].events[e->message_id].told = true;
		model_deleted++;
		return;
	}
	if (e->kind != EVENT_MESSAGE && e->kind != EVENT_MESSAGE_UPDATED)
		return;
	if (strstr(json, "\"body\":null") != NULL)
		model_tombstones++;
	else if (out.channels[c]
		     .events[e->kind == EVENT_MESSAGE ? seq : e->message_id]
		     .told)
		model_fault("a text after the deletion", json, seq);
}

static void
model_event(
    const struct client *cl, struct model_channel *known, unsigned c, const char *json)
{
	const struct out_channel *ch = &out.channels[c];
	const int64_t seq = number(json, "seq");

	model_events++;
	if (known->gap_due)
		model_fault("no gap where one was due", json, known->at);
	if (seq != known->at + 1 || number(json, "prev") != known->at)
		model_fault(seq <= known->at ? "a repeated event" : "a missing event",
		    json, known->at);
	if (strstr(json, event_kind_name(ch->events[seq].kind)) == NULL)
		model_fault("an event of the wrong kind", json, known->at);
	model_text(c, seq, json);
	if (ch->is_private && !ch->member[cl->user] && seq > ch->removed[cl->user])
		model_fault("an event after the removal", json, known->at);
	known->at = seq;
}

void
model_subscribe(struct model_channel *known, unsigned id, int64_t after, bool wild)
{
	CHECK(known->n < MODEL_REQUESTS);
	known->asked[known->n++] = (struct model_request){id, after, wild};
}

/* The answers must be in the order of the requests. */
static struct model_request
model_answer(struct model_channel *known, const char *json)
{
	const struct model_request first = known->asked[0];
	char id[24];

	if (known->n == 0) {
		model_fault("an answer without a request", json, 0);
		return (struct model_request){.after = -1};
	}
	(void)snprintf(id, sizeof(id), "\"id\":\"%u\"", first.id);
	if (strstr(json, id) == NULL)
		model_fault("an answer out of order", json, first.id);
	known->n--;
	memmove(known->asked, known->asked + 1, known->n * sizeof(known->asked[0]));
	return first;
}

/* `replayed` must count all events after the request's `after`, or be 0, and then a gap
 * must follow. A request without `after` leaves an existing cursor in place. */
static void
model_ack(struct model_channel *known, const char *json)
{
	const int64_t seq = number(json, "seq"), replayed = number(json, "replayed");
	const struct model_request asked = model_answer(known, json);

	if (known->gap_due)
		model_fault("no gap where one was due", json, known->at);
	known->may_reset = asked.wild;
	if (asked.after >= 0) {
		known->at = asked.after;
		known->gap_due = replayed == 0 && seq != asked.after;
	} else if (!known->joined) {
		known->at = seq;
	}
	known->joined = true;
	if (replayed != 0 && seq - replayed != known->at)
		model_fault("a wrong number of replayed events", json, known->at);
}

/* The error not_found ends a subscription. After any other error an existing subscription
 * stays. An error without an id reports that a subscription waits for the database. */
static void
model_error(struct model_channel *known, const char *json)
{
	const bool end = strstr(json, "\"not_found\"") != NULL;

	if (strstr(json, "\"id\":\"\"") == NULL)
		(void)model_answer(known, json);
	else if (!known->joined)
		model_fault("an error without a subscription", json, 0);
	if (end && known->joined)
		known->end_due = true;
	if (end)
		known->joined = known->gap_due = false;
}

/* The server has ended the subscription: nothing follows. */
static void
model_unsubscribed(struct model_channel *known, const char *json)
{
	model_ended++;
	if (!known->joined && !known->end_due)
		model_fault("the end of no subscription", json, known->at);
	known->joined = known->gap_due = known->end_due = false;
}

void
model_receive(struct fake_conn *f, const char *json)
{
	struct client *cl = f->model;
	struct model_channel *known;
	unsigned c;

	if (strstr(json, MODEL_UNKNOWN_CHANNEL) != NULL) {
		if (strncmp(json, "{\"type\":\"error\"", 15) != 0)
			model_fault("a frame of a channel that does not exist", json, 0);
		return;
	}
	c = channel_of(json);
	known = &cl->channels[c];

	if (strncmp(json, "{\"type\":\"unsubscribed\"", 22) == 0) {
		model_unsubscribed(known, json);
	} else if (known->end_due && strncmp(json, "{\"type\":\"error\"", 15) != 0) {
		model_fault("no `unsubscribed` after not_found", json, known->at);
	} else if (strncmp(json, "{\"type\":\"ack\"", 13) == 0) {
		model_ack(known, json);
	} else if (strncmp(json, "{\"type\":\"error\"", 15) == 0) {
		model_error(known, json);
	} else if (!known->joined) {
		model_fault("an event without a subscription", json, 0);
	} else if (strncmp(json, "{\"type\":\"gap\"", 13) == 0) {
		model_gap(known, c, json);
	} else {
		model_event(cl, known, c, json);
		model_mixed += f->writes == cl->write && c != cl->channel;
		cl->write = f->writes;
		cl->channel = c;
	}
}
