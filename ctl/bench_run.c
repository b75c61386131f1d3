/* Opens the sockets of `bench`, and sends at a fixed rate, whatever the server does. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"

#include "bench.h"
#include "bench_stop.h"

#include "core/banned.h"

#define AT_ONCE    32 /* handshakes under way, so that a small server has no storm */
#define CHECK_US   20000
#define TURN_US    100000 /* longest wait, so that a stop is noticed soon */
#define BODY_CHARS 200    /* as in ./dev bench */
/* Descriptors beside the sockets: standard streams, libwebsockets, certificates. */
#define FILES_SPARE 64

static void
bench_run_opened(void *ctx)
{
	struct bench_socket *s = ctx;
	char json[256];

	for (unsigned i = 0; i < s->n_own; i++) {
		const int n = snprintf(json, sizeof(json),
		    "{\"type\":\"subscribe\",\"id\":\"s\",\"channelId\":\"%s\"}",
		    s->bench->channels[s->own[i].channel].id);

		ws_client_send(s->ws, json, (size_t)n);
	}
}

static void
bench_run_text(void *ctx, const char *text, size_t len)
{
	struct bench_socket *s = ctx;

	bench_frame(s->bench, s, text, len, clock_mono_us());
}

static void
bench_run_closed(void *ctx, const char *why)
{
	struct bench_socket *s = ctx;

	if (s->phase != BENCH_LOST)
		bench_lose(s->bench, s, why);
}

/* Sets the limit to what the sockets need. libwebsockets has a table of that size. */
static bool
bench_run_descriptors(const struct ctl *c, unsigned sockets)
{
	const rlim_t need = sockets + FILES_SPARE;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return true;
	if (files.rlim_max < need) {
		(void)ctl_fail(c,
		    "%u sockets need %u open files, but the limit is %u (ulimit -Hn)",
		    sockets, (unsigned)need, (unsigned)files.rlim_max);
		return false;
	}
	files.rlim_cur = need;
	return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

static bool
bench_run_connect(struct ctl *c, struct bench *b, const struct bench_world *w,
    const char *url, struct ws_loop *loop)
{
	static const struct ws_handler handler = {
	    bench_run_opened, bench_run_text, bench_run_closed};
	int64_t progress_us = clock_mono_us();
	unsigned next = 0;

	while (b->n_ready < b->n_sockets) {
		const unsigned before = b->n_ready;

		for (; next < b->n_sockets && b->n_connecting < AT_ONCE; next++) {
			struct bench_socket *s = &b->sockets[next];

			bench_move(b, s, BENCH_CONNECTING);
			s->ws = ws_client_begin(
			    loop, url, w->tokens[next % w->n_tokens], &handler, s);
		}
		if (b->n_lost > 0)
			return !ctl_fail(c, "%s: %u of %u sockets are open, then: %s",
			    url, b->n_ready, b->n_sockets, b->lost_why);
		if (bench_stopped())
			return !ctl_fail(c, "stopped before the first message");
		if (clock_mono_us() - progress_us > c->opt.timeout_ms * 1000)
			return !ctl_fail(c,
			    "%s: %u of %u sockets are open, then no answer in time", url,
			    b->n_ready, b->n_sockets);
		if (!ws_loop_turn(loop, CHECK_US))
			return !ctl_fail(c, "libwebsockets failed");
		if (b->n_ready > before)
			progress_us = clock_mono_us();
	}
	return true;
}

/* Sends message k from one socket after the other. */
static void
bench_run_send(struct bench *b, uint64_t k, int64_t now_us)
{
	const int64_t due_us = bench_plan_due_us(b->plan, k);
	struct bench_socket *s = &b->sockets[k % b->n_sockets];
	char body[BODY_CHARS + 1], json[BODY_CHARS + 300];
	int n;

	for (unsigned i = 1; s->phase != BENCH_READY && i < b->n_sockets; i++)
		s = &b->sockets[(k + i) % b->n_sockets];
	memset(body, 'x', BODY_CHARS);
	body[BODY_CHARS] = '\0';
	n = snprintf(body, sizeof(body), "t=%" PRId64, due_us);
	body[n] = ' ';
	n = snprintf(json, sizeof(json),
	    "{\"type\":\"send\",\"id\":\"t%" PRId64
	    "\",\"channelId\":\"%s\",\"body\":\"%s\"}",
	    due_us, b->channels[k % (uint64_t)b->plan->channels].id, body);
	b->results.sent++;
	histogram_add(&b->results.late, now_us - due_us);
	ws_client_send(s->ws, json, (size_t)n);
}

static void
bench_run_note_stop(struct ctl *c, struct bench *b, uint64_t *total, uint64_t next)
{
	if (b->results.interrupted || !bench_stopped())
		return;
	b->results.interrupted = true;
	*total = next;
	ctl_note(c,
	    "stops sending, and waits for what is under way; press Ctrl-C again to "
	    "end without cleaning up");
}

static void
bench_run_messages(struct ctl *c, struct bench *b, struct ws_loop *loop)
{
	uint64_t total = bench_plan_messages(b->plan), next = 0;
	int64_t now_us, wait_us, end_us = -1;

	b->begin_us = clock_mono_us() + 1000;
	do {
		now_us = clock_mono_us() - b->begin_us;
		bench_run_note_stop(c, b, &total, next);
		while (next < total && bench_plan_due_us(b->plan, next) <= now_us)
			bench_run_send(b, next++, now_us);
		if (next == total && end_us < 0)
			end_us = now_us;
		if (b->n_lost == b->n_sockets || (next == total && bench_is_over(b)) ||
		    (end_us >= 0 && now_us - end_us > c->opt.timeout_ms * 1000))
			return;
		wait_us =
		    next < total ? bench_plan_due_us(b->plan, next) - now_us : CHECK_US;
	} while (ws_loop_turn(loop, wait_us < TURN_US ? wait_us : TURN_US));
}

bool
bench_run(struct ctl *c, struct bench *b, const struct bench_world *w, const char *url)
{
	struct ws_loop *loop;
	bool open;

	if (!bench_run_descriptors(c, b->n_sockets))
		return false;
	loop = ws_loop_new(url, 0);
	open = bench_run_connect(c, b, w, url, loop);
	if (open) {
		ctl_note(c,
		    "%u sockets are open; sends %" PRId64 " messages/s for %" PRId64 " s",
		    b->n_ready, b->plan->rate, b->plan->seconds);
		bench_run_messages(c, b, loop);
		bench_judge(b);
	}
	ws_loop_free(&loop);
	for (unsigned i = 0; i < b->n_sockets; i++)
		ws_client_close(&b->sockets[i].ws);
	return open;
}
