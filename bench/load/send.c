/* Sends messages at a fixed rate, whatever the server does (an open loop). The body holds
 * the scheduled time, so that a stall of the server or of the generator counts in full
 * (no coordinated omission). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "commands.h"
#include "http.h"

#define BODY_MAX 4000
#define STRIDE   7919  /* a prime */
#define CHECK_US 20000 /* pause between two checks whether all has arrived */

static struct sends {
	double rate;
	uint64_t n, next; /* messages; the next one */
	int64_t begin_us;
	unsigned size;
	char pad[BODY_MAX + 1];
	struct http *posts; /* NULL: WebSocket */
	unsigned n_posts;
	int64_t grace_us;   /* wait for answers and deliveries after the last send */
	uint64_t next_post; /* messages below this one are posted or under way */
	int64_t *heads;     /* of the channels, before the first send */
} sends;

static int64_t
send_due_us(uint64_t k)
{
	return sends.begin_us + (int64_t)((double)k * 1e6 / sends.rate);
}

/* The channel of message k: each channel in turn, but not in the order in which they were
 * created. */
static unsigned
send_channel(const struct load *l, uint64_t k)
{
	return (unsigned)(k * STRIDE % l->n_channels);
}

static void
send_body(char *out, size_t size, int64_t at_us)
{
	const int n = snprintf(out, size, "t=%" PRId64 " ", at_us);

	if ((unsigned)n < sends.size)
		(void)snprintf(
		    out + n, size - (size_t)n, "%.*s", (int)sends.size - n, sends.pad);
}

static void
send_frame(struct load *l, uint64_t k)
{
	const unsigned channel = send_channel(l, k);
	struct client *c = &l->clients[channel % l->n_senders];
	const int64_t at_us = send_due_us(k);
	char body[BODY_MAX + 1], json[BODY_MAX + 300];
	int n;

	histogram_add(&l->results.late, load_now_us() - at_us);
	l->results.sent++;
	if (c->phase != READY) {
		l->results.refused++;
		return;
	}
	send_body(body, sizeof(body), at_us);
	n = snprintf(json, sizeof(json),
	    "{\"type\":\"send\",\"id\":\"t%" PRId64
	    "c%u\",\"channelId\":\"%s\",\"body\":\"%s\"}",
	    at_us, channel, l->channels[channel], body);
	client_text(l, c, json, (size_t)n);
}

static void
send_post(struct load *l, struct http *h, uint64_t k)
{
	char body[BODY_MAX + 1], json[BODY_MAX + 20], path[100];
	char request[BODY_MAX + 4096];

	h->began_us = send_due_us(k);
	h->channel = send_channel(l, k);
	histogram_add(&l->results.late, load_now_us() - h->began_us);
	l->results.sent++;
	send_body(body, sizeof(body), h->began_us);
	(void)snprintf(json, sizeof(json), "{\"body\":\"%s\"}", body);
	(void)snprintf(
	    path, sizeof(path), "/api/v1/channels/%s/messages", l->channels[h->channel]);
	http_ask(l, h, request,
	    http_request(request, sizeof(request), "POST", path,
		l->clients[h->channel % l->n_senders].token, "", json));
}

static void
send_posted(struct load *l, struct http *h)
{
	if (h->status == 201 || h->status == 202) {
		load_accepted(l, h->channel, h->began_us);
	} else {
		l->results.refused++;
		(void)snprintf(
		    l->results.error, sizeof(l->results.error), "HTTP %d", h->status);
	}
	/* Messages that became due while all connections were busy. */
	if (sends.next_post < sends.next)
		send_post(l, h, sends.next_post++);
}

/* The message is due: sends it, or leaves it to the next connection that is free. */
static void
send_one(struct load *l, uint64_t k)
{
	if (sends.posts == NULL) {
		send_frame(l, k);
		return;
	}
	for (unsigned i = 0; i < sends.n_posts && sends.next_post == k; i++)
		if (!sends.posts[i].busy)
			send_post(l, &sends.posts[i], sends.next_post++);
}

/* True when each message is answered, and each subscriber has each number. */
static bool
send_is_over(struct load *l)
{
	if (l->results.acked + l->results.refused < sends.n)
		return false;
	for (unsigned i = 0; i < l->n_subscribed; i++)
		if (l->heads[i] < sends.heads[i] + l->accepted[i])
			return false;
	for (unsigned i = 0; i < l->n_clients; i++)
		for (unsigned k = 0; k < l->clients[i].n_own; k++) {
			const struct own *own = &l->clients[i].own[k];

			if (l->clients[i].phase == READY &&
			    own->seen.last < l->heads[own->channel])
				return false;
		}
	return true;
}

static void
send_run(struct load *l)
{
	const int64_t give_up_us = send_due_us(sends.n) + sends.grace_us;
	int64_t now_us = load_now_us(), checked_us = 0;

	while (now_us < give_up_us) {
		for (; sends.next < sends.n && send_due_us(sends.next) <= now_us;) {
			sends.next++;
			send_one(l, sends.next - 1);
		}
		if (sends.next == sends.n && now_us - checked_us >= CHECK_US) {
			if (send_is_over(l))
				return;
			checked_us = now_us;
		}
		load_turn(l,
		    sends.next < sends.n ? send_due_us(sends.next) : now_us + CHECK_US);
		now_us = load_now_us();
	}
}

/* Counts what each subscriber lacks. */
static void
send_judge(struct load *l)
{
	for (unsigned i = 0; i < l->n_channels; i++)
		if (l->heads[i] < sends.heads[i] + l->accepted[i])
			l->heads[i] = sends.heads[i] + l->accepted[i];
	for (unsigned i = 0; i < l->n_clients; i++)
		for (unsigned k = 0; k < l->clients[i].n_own; k++) {
			struct own *own = &l->clients[i].own[k];

			if (own->seen.last >= 0)
				checker_end(&own->seen, l->heads[own->channel],
				    &l->results.frames);
		}
}

/* send RATE MS WARM_MS SIZE [POSTS [GRACE_MS]]: RATE messages a second, in turn to all
 * channels, for WARM_MS and then MS; bodies of SIZE bytes. POSTS: the number of REST
 * connections that send; 0: WebSockets send. */
void
send_command(struct load *l, const char *words)
{
	unsigned ms, warm_ms, posts = 0, grace_ms = COMMAND_GRACE_US / 1000;
	int64_t took_us;

	memset(&sends, 0, sizeof(sends));
	if (sscanf(words, "%lf %u %u %u %u %u", &sends.rate, &ms, &warm_ms, &sends.size,
		&posts, &grace_ms) < 4 ||
	    sends.rate <= 0 || sends.size > BODY_MAX || l->n_channels == 0 ||
	    l->n_senders == 0)
		load_die("send: wrong arguments");
	memset(&l->results, 0, sizeof(l->results));
	memset(l->accepted, 0, l->n_channels * sizeof(*l->accepted));
	memset(sends.pad, 'x', sizeof(sends.pad) - 1);
	sends.heads = malloc(l->n_channels * sizeof(*sends.heads));
	if (sends.heads == NULL)
		load_die("out of memory");
	memcpy(sends.heads, l->heads, l->n_channels * sizeof(*sends.heads));
	sends.n = (uint64_t)(sends.rate * (ms + warm_ms) / 1000);
	if (posts > 0)
		sends.posts = http_open(l, posts, send_posted);
	sends.n_posts = posts;
	sends.grace_us = (int64_t)grace_ms * 1000;
	sends.begin_us = load_now_us() + 1000;
	l->count_from_us = sends.begin_us + (int64_t)warm_ms * 1000;
	send_run(l);
	took_us = load_now_us() - sends.begin_us;
	send_judge(l);
	if (posts > 0)
		http_close(l, &sends.posts, posts);
	free(sends.heads);
	printf("{\"rate\":%.1f,\"ms\":%u,\"us\":%lld,\"scheduled\":%" PRIu64 ",",
	    sends.rate, ms, (long long)took_us, sends.n);
	report_results(l);
	printf("}\n");
}
