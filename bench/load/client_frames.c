/* The frames of the server. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "field.h"

static struct field seq = {.key = "\"seq\":"};
static struct field ack_seq = {.key = "\"seq\":"};
static struct field to_seq = {.key = "\"toSeq\":"};
static struct field event_channel = {.key = "\"channelId\":\""};
static struct field ack_channel = {.key = "\"channelId\":\""};
static struct field body_time = {.key = "\"body\":\"t="};
static struct field ack_time = {.key = "\"id\":\"t"};
static struct field code = {.key = "\"code\":\""};

static struct own *
client_frames_own(
    struct load *l, struct client *c, struct field *f, const char *json, size_t len)
{
	const char *at = field_find(f, json, len);

	if (at != NULL && json + len - at >= 36)
		for (unsigned i = 0; i < c->n_own; i++)
			if (memcmp(at, l->channels[c->own[i].channel], 36) == 0)
				return &c->own[i];
	return NULL;
}

/* Subscribes to all channels. The floor answers the same frames. */
static void
client_frames_subscribe(struct load *l, struct client *c)
{
	char json[256];

	client_phase(l, c, c->n_own > 0 ? SUBSCRIBING : READY);
	if (c->n_own == 0)
		l->results.connected++;
	for (unsigned i = 0; i < c->n_own && c->phase == SUBSCRIBING; i++) {
		struct own *own = &c->own[i];
		int n = snprintf(json, sizeof(json),
		    "{\"type\":\"subscribe\",\"id\":\"s\",\"channelId\":\"%s\"",
		    l->channels[own->channel]);

		if (own->seen.last >= 0)
			n += snprintf(json + n, sizeof(json) - (size_t)n,
			    ",\"after\":%" PRId64, own->seen.last);
		n += snprintf(json + n, sizeof(json) - (size_t)n, "}");
		client_text(l, c, json, (size_t)n);
	}
}

static void
client_frames_head(struct load *l, const struct own *own, int64_t number)
{
	if (number > l->heads[own->channel])
		l->heads[own->channel] = number;
}

static void
client_frames_event(struct load *l, struct client *c, const char *json, size_t len)
{
	struct own *own = client_frames_own(l, c, &event_channel, json, len);
	const int64_t number = field_number(&seq, json, len);
	const int64_t at_us = field_number(&body_time, json, len);

	if (own == NULL || number < 0)
		load_die("an event of an unknown channel or without a number");
	checker_event(&own->seen, number, &l->results.frames);
	client_frames_head(l, own, number);
	if (at_us >= l->count_from_us)
		histogram_add(&l->results.delivery, load_now_us() - at_us);
}

static void
client_frames_subscribed(struct load *l, struct client *c, const char *json, size_t len)
{
	struct own *own = client_frames_own(l, c, &ack_channel, json, len);
	const int64_t number = field_number(&ack_seq, json, len);

	if (own == NULL || number < 0)
		load_die("an ack of an unknown channel or without a number");
	if (own->seen.last < 0)
		checker_begin(&own->seen, number);
	client_frames_head(l, own, number);
	if (++c->n_acked < c->n_own)
		return;
	client_phase(l, c, READY);
	l->results.connected++;
	histogram_add(&l->results.ready, load_now_us() - c->began_us);
}

/* The id of a send is "t", its scheduled time, "c", and the index of its channel. */
static void
client_frames_sent(struct load *l, const char *json, size_t len)
{
	const int64_t at_us = field_number(&ack_time, json, len);
	const char *id = field_find(&ack_time, json, len);
	const char *mark = id == NULL ? NULL : memchr(id, 'c', (size_t)(json + len - id));

	if (at_us < 0 || mark == NULL)
		load_die("an ack of a send has another id");
	load_accepted(l, (unsigned)strtoul(mark + 1, NULL, 10), at_us);
}

static void
client_frames_error(struct load *l, struct client *c, const char *json, size_t len)
{
	const char *name = field_find(&code, json, len);
	const size_t left = name == NULL ? 0 : (size_t)(json + len - name);

	(void)snprintf(l->results.error, sizeof(l->results.error), "%.*s",
	    (int)(left < 60 ? left : 60), name == NULL ? "" : name);
	l->results.error[strcspn(l->results.error, "\"")] = '\0';
	if (memmem(json, len, "\"op\":\"send\"", 11) != NULL) {
		l->results.refused++;
	} else {
		l->results.failed++;
		client_cut(l, c);
	}
}

static bool
client_frames_is(const char *json, size_t len, const char *start)
{
	const size_t n = strlen(start);

	return len >= n && memcmp(json, start, n) == 0;
}

void
client_frames_text(struct load *l, struct client *c, const char *json, size_t len)
{
	if (client_frames_is(json, len, "{\"type\":\"message\"") ||
	    client_frames_is(json, len, "{\"type\":\"member_")) {
		client_frames_event(l, c, json, len);
	} else if (client_frames_is(json, len, "{\"type\":\"ack\",\"op\":\"send\"")) {
		client_frames_sent(l, json, len);
	} else if (client_frames_is(json, len, "{\"type\":\"ack\"")) {
		client_frames_subscribed(l, c, json, len);
	} else if (client_frames_is(json, len, "{\"type\":\"hello\"")) {
		histogram_add(&l->results.hello, load_now_us() - c->began_us);
		client_frames_subscribe(l, c);
	} else if (client_frames_is(json, len, "{\"type\":\"gap\"")) {
		struct own *own = client_frames_own(l, c, &event_channel, json, len);

		l->results.gaps++;
		if (own != NULL)
			checker_gap(&own->seen, field_number(&to_seq, json, len),
			    &l->results.frames);
	} else if (client_frames_is(json, len, "{\"type\":\"error\"")) {
		client_frames_error(l, c, json, len);
	}
}
