/* Parses the frames of the server. Their fields have a fixed order, and the message
 * bodies of this test contain no JSON, so strstr() finds a field. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm.h"

static int64_t
number(const char *json, const char *name)
{
	char key[40];
	const char *at;

	(void)snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(json, key);
	return at == NULL ? -1 : strtoll(at + strlen(key), NULL, 10);
}

static struct cursor *
cursor_of(const struct storm *s, struct client *c, const char *json)
{
	const char *at = strstr(json, "\"channelId\":\"");

	if (at != NULL)
		for (unsigned i = 0; i < c->n_own; i++)
			if (strncmp(at + 13, s->channels[c->own[i].channel], 36) == 0)
				return &c->own[i];
	return NULL;
}

void
frames_resume(struct storm *s, struct client *c)
{
	char json[4096];
	int n = snprintf(
	    json, sizeof(json), "{\"type\":\"sync\",\"id\":\"s\",\"channels\":[");

	for (unsigned i = 0; i < c->n_own; i++) {
		struct cursor *own = &c->own[i];

		own->target = -1;
		n += snprintf(json + n, sizeof(json) - (size_t)n,
		    "%s{\"channelId\":\"%s\"", i > 0 ? "," : "",
		    s->channels[own->channel]);
		if (own->last >= 0)
			n += snprintf(json + n, sizeof(json) - (size_t)n,
			    ",\"after\":%" PRId64, own->last);
		n += snprintf(json + n, sizeof(json) - (size_t)n, "}");
	}
	n += snprintf(json + n, sizeof(json) - (size_t)n, "]}");
	client_phase(s, c, RESUMING);
	c->again_ms = 0;
	client_send(s, c, 1, json, (size_t)n);
}

void
frames_react(struct storm *s, struct client *c)
{
	char json[256];
	const int n = snprintf(json, sizeof(json),
	    "{\"type\":\"react\",\"id\":\"r\",\"channelId\":\"%s\",\"messageId\":%" PRId64
	    ",\"emoji\":\":tada:\"}",
	    s->channels[c->own[0].channel], s->react_to);

	client_send(s, c, 1, json, (size_t)n);
}

/* The body of a message may name the time at which it was sent: "at 123". */
static void
note_delay(struct storm *s, const char *json)
{
	const char *at = strstr(json, "\"body\":\"at ");
	struct counts *k = &s->counts;

	if (at == NULL)
		return;
	if ((k->n_delays & (k->n_delays + 1)) == 0) /* 0, 1, 3, 7, ...: full */
		k->delays_ms = realloc(
		    k->delays_ms, (2UL * k->n_delays + 1) * sizeof(*k->delays_ms));
	k->delays_ms[k->n_delays++] =
	    (unsigned)(storm_now_ms() - strtoll(at + 11, NULL, 10));
}

/* The client has resumed when all its channels are acked and it has received all missed
 * events. */
static void
check_resumed(struct storm *s, struct client *c)
{
	if (c->phase != RESUMING)
		return;
	for (unsigned i = 0; i < c->n_own; i++)
		if (c->own[i].target < 0 || c->own[i].last < c->own[i].target)
			return;
	client_phase(s, c, RESUMED);
	if (c->was_cut && c->back_ms == 0)
		c->back_ms = s->now_ms;
}

static void
on_event(struct storm *s, struct client *c, const char *json)
{
	struct cursor *own = cursor_of(s, c, json);
	const int64_t seq = number(json, "seq"), prev = number(json, "prev");

	s->counts.events++;
	if (own == NULL || seq < 0) {
		s->counts.errors++;
	} else if (seq <= own->last) {
		s->counts.doubled++;
	} else {
		s->counts.holes += prev != own->last;
		own->last = seq;
	}
}

static void
on_ack(struct storm *s, struct client *c, const char *json)
{
	struct cursor *own = cursor_of(s, c, json);

	if (strstr(json, "\"op\":\"react\"") != NULL) {
		s->counts.reacted++;
		s->counts.reacted_ms = s->now_ms;
		return;
	}
	if (own == NULL) {
		s->counts.errors++;
		return;
	}
	own->target = number(json, "seq");
	if (own->last < 0)
		own->last = own->target;
}

static void
on_hello(struct storm *s, struct client *c, const char *json)
{
	c->min_ms = number(json, "minMs");
	c->max_ms = number(json, "maxMs");
	c->greeted_ms = s->now_ms;
	c->tries = 0;
	frames_resume(s, c);
}

/* Repeats the sync a little later after an error that may be retried. Counts any other
 * error. */
static void
on_error(struct storm *s, struct client *c, const char *json)
{
	if (c->phase == RESUMING && strstr(json, "\"retryable\":true") != NULL) {
		s->counts.busy++;
		c->again_ms = s->now_ms + 500 + storm_random(1000);
	} else if (s->counts.errors++ < 5) {
		(void)fprintf(stderr, "%s\n", json);
	}
}

void
frames_text(struct storm *s, struct client *c, char *json)
{
	char type[32] = "";

	(void)sscanf(json, "{\"type\":\"%31[^\"]", type);
	if (strcmp(type, "hello") == 0) {
		on_hello(s, c, json);
	} else if (strcmp(type, "ack") == 0) {
		on_ack(s, c, json);
	} else if (strcmp(type, "message") == 0 || strncmp(type, "member_", 7) == 0 ||
		   strcmp(type, "reactions_changed") == 0) {
		on_event(s, c, json);
		note_delay(s, json);
	} else if (strcmp(type, "gap") == 0) {
		struct cursor *own = cursor_of(s, c, json);

		s->counts.gaps++;
		if (own != NULL)
			own->last = number(json, "toSeq");
	} else if (strcmp(type, "reconnect") == 0) {
		c->advised_ms = s->now_ms + number(json, "afterMs");
	} else if (strcmp(type, "error") == 0) {
		on_error(s, c, json);
	}
	check_resumed(s, c);
}
