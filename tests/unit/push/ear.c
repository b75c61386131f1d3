#include "ear.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

struct outside out;
unsigned ear_events, ear_gaps, ear_resets, ear_wrong, ear_mixed;
char ear_trouble[400];

void
ear_complain(const char *what, const char *json, int64_t at)
{
	if (ear_wrong++ == 0)
		(void)snprintf(ear_trouble, sizeof(ear_trouble),
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
hear_gap(struct ear *ear, unsigned c, const char *json)
{
	const int64_t from = number(json, "fromSeq"), to = number(json, "toSeq");

	ear_gaps++;
	ear->gap_due = false;
	if (strstr(json, "\"reset\"") != NULL) {
		ear_resets++;
		if (!ear->may_reset)
			ear_complain("a reset without need", json, ear->at);
	} else {
		if (from != ear->at + 1 || to < from)
			ear_complain("a gap that does not fit", json, ear->at);
		else if (!out.channels[c].is_private && to - from + 1 <= LIMIT)
			ear_complain("a gap without need", json, ear->at);
	}
	ear->at = to;
}

static void
hear_event(const struct client *cl, struct ear *ear, unsigned c, const char *json)
{
	const struct out_channel *ch = &out.channels[c];
	const int64_t seq = number(json, "seq");

	ear_events++;
	if (ear->gap_due)
		ear_complain("no gap where one was due", json, ear->at);
	if (seq != ear->at + 1 || number(json, "prev") != ear->at)
		ear_complain(seq <= ear->at ? "a repeat" : "a hole", json, ear->at);
	if (strstr(json, event_kind_name(ch->events[seq].kind)) == NULL)
		ear_complain("another event", json, ear->at);
	if (ch->is_private && !ch->member[cl->user] && seq > ch->removed[cl->user])
		ear_complain("heard after the removal", json, ear->at);
	ear->at = seq;
}

void
ear_ask(struct ear *ear, unsigned id, int64_t after, bool wild)
{
	CHECK(ear->n < EAR_ASKED);
	ear->asked[ear->n++] = (struct ear_asked){id, after, wild};
}

/* Answers come in the order of the requests. */
static struct ear_asked
hear_answer(struct ear *ear, const char *json)
{
	const struct ear_asked first = ear->asked[0];
	char id[24];

	if (ear->n == 0) {
		ear_complain("an answer to nothing", json, 0);
		return (struct ear_asked){.after = -1};
	}
	(void)snprintf(id, sizeof(id), "\"id\":\"%u\"", first.id);
	if (strstr(json, id) == NULL)
		ear_complain("answered out of order", json, first.id);
	ear->n--;
	memmove(ear->asked, ear->asked + 1, ear->n * sizeof(ear->asked[0]));
	return first;
}

/* `replayed` must count all events after the number asked for, or be 0 with a gap to
 * follow. Without a number an existing cursor stays where it is. */
static void
hear_ack(struct ear *ear, const char *json)
{
	const int64_t seq = number(json, "seq"), replayed = number(json, "replayed");
	const struct ear_asked asked = hear_answer(ear, json);

	if (ear->gap_due)
		ear_complain("no gap where one was due", json, ear->at);
	ear->may_reset = asked.wild;
	if (asked.after >= 0) {
		ear->at = asked.after;
		ear->gap_due = replayed == 0 && seq != asked.after;
	} else if (!ear->joined) {
		ear->at = seq;
	}
	ear->joined = true;
	if (replayed != 0 && seq - replayed != ear->at)
		ear_complain("another count", json, ear->at);
}

/* The error not_found ends a subscription. After any other error an existing subscription
 * stays; an error without an id says that it waits for the database. */
static void
hear_error(struct ear *ear, const char *json)
{
	const bool end = strstr(json, "\"not_found\"") != NULL;

	if (strstr(json, "\"id\":\"\"") == NULL)
		(void)hear_answer(ear, json);
	else if (!ear->joined)
		ear_complain("an error to nothing", json, 0);
	if (end)
		ear->joined = ear->gap_due = false;
}

void
ear_hear(struct fake_conn *f, const char *json)
{
	struct client *cl = f->model;
	struct ear *ear;
	unsigned c;

	if (strstr(json, EAR_UNKNOWN) != NULL) {
		if (strncmp(json, "{\"type\":\"error\"", 15) != 0)
			ear_complain("let in", json, 0);
		return;
	}
	c = channel_of(json);
	ear = &cl->ears[c];

	if (strncmp(json, "{\"type\":\"ack\"", 13) == 0) {
		hear_ack(ear, json);
	} else if (strncmp(json, "{\"type\":\"error\"", 15) == 0) {
		hear_error(ear, json);
	} else if (!ear->joined) {
		ear_complain("not subscribed", json, 0);
	} else if (strncmp(json, "{\"type\":\"gap\"", 13) == 0) {
		hear_gap(ear, c, json);
	} else {
		hear_event(cl, ear, c, json);
		ear_mixed += f->writes == cl->write && c != cl->channel;
		cl->write = f->writes;
		cl->channel = c;
	}
}
