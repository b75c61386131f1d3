#include "send/send_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

#define ALIVE_TTL_MS 500 /* how long the result of a check is used */

struct send_reply {
	char *url;
	struct redis_sub *sub; /* NULL until the first heartbeat of fanout */
	char topic[ES_TOPIC_MAX];
	int64_t alive_checked_ms; /* CLOCK_MONOTONIC of the last check; 0: never */
	bool fanout_alive;
};

struct send_reply *
send_reply_new(const char *redis_url)
{
	struct send_reply *r = mem_new(1, sizeof(*r));
	const size_t len = strlen(redis_url) + 1;
	char id[ES_UUID_TEXT];

	r->url = mem_new(len, 1);
	memcpy(r->url, redis_url, len);
	uuid_new(id);
	(void)snprintf(r->topic, sizeof(r->topic), TOPIC_REPLY_PREFIX "%s", id);
	return r;
}

void
send_reply_free(struct send_reply **r)
{
	if (*r == NULL)
		return;
	redis_sub_close(&(*r)->sub);
	free((*r)->url);
	free(*r);
	*r = NULL;
}

/* The heartbeat is a key that Redis expires by its own clock, because the clocks of this
 * host and of fanout's host may differ. */
static bool
send_reply_fanout_is_alive(struct redis *redis, struct arena *a)
{
	struct redis_value beat;
	struct es_err err;

	return redis_text(redis, a, &beat, &err, "GET", KEY_FANOUT_BEAT, NULL) == ES_OK &&
	       beat.kind == REDIS_STRING;
}

const char *
send_reply_topic(struct send_reply *r, struct redis *redis, struct arena *a)
{
	const int64_t now_ms = clock_mono_ms();
	bool ignored_loss;
	const char *data;
	struct es_err err;
	size_t len;

	if (r->alive_checked_ms == 0 || now_ms - r->alive_checked_ms >= ALIVE_TTL_MS) {
		r->fanout_alive = send_reply_fanout_is_alive(redis, a);
		r->alive_checked_ms = now_ms;
	}
	/* Without a heartbeat do not connect: a Redis that does not answer would cost one
	 * more time-out. */
	if (!r->fanout_alive)
		return NULL;
	if (r->sub == NULL && redis_sub_open(r->url, r->topic, &r->sub, &err) != ES_OK)
		return NULL;
	/* redis_sub_wait() also connects and subscribes again after a loss. */
	do {
		if (redis_sub_wait(r->sub, 0, a, &data, &len, &ignored_loss, &err) !=
		    ES_OK)
			return NULL;
	} while (data != NULL);
	return redis_sub_up(r->sub) ? r->topic : NULL;
}

/* Decodes a reply. Returns false for the outcome of an earlier request, which stopped
 * waiting. */
static bool
send_reply_decode_ours(const char *data, size_t len, const struct uuid *envelope,
    struct arena *a, struct outcome *out)
{
	struct reply reply;
	struct es_err err;

	if (reply_decode(data, len, a, &reply, &err) != ES_OK || reply.n != 1 ||
	    strcmp(reply.envelope.text, envelope->text) != 0)
		return false;
	*out = reply.outcomes[0];
	return true;
}

bool
send_reply_wait(struct send_reply *r, const struct uuid *envelope, int64_t wait_ms,
    struct arena *a, struct outcome *out, bool *lost)
{
	const int64_t deadline_ms = clock_mono_ms() + wait_ms;

	for (;;) {
		const int64_t left_ms = deadline_ms - clock_mono_ms();
		bool lost_now = false;
		struct es_err err;
		const char *data;
		size_t len;

		if (left_ms <= 0 || redis_sub_wait(r->sub, left_ms, a, &data, &len,
					&lost_now, &err) != ES_OK)
			return false;
		*lost |= lost_now;
		if (data != NULL && send_reply_decode_ours(data, len, envelope, a, out))
			return true;
		if (*lost)
			return false;
	}
}
