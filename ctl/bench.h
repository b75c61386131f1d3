/* The sockets of `bench`, what they receive, and what is counted. */
#ifndef CTL_BENCH_H
#define CTL_BENCH_H

#include "measure/checker.h"
#include "measure/histogram.h"

#include "bench_world.h"
#include "ws_client.h"

struct bench;

enum bench_phase { BENCH_WAITING, BENCH_CONNECTING, BENCH_READY, BENCH_LOST };

struct bench_own {
	unsigned channel;
	struct checker seen;
};

struct bench_socket {
	struct bench *bench;
	struct ws_client *ws;
	enum bench_phase phase;
	struct bench_own own[BENCH_EACH];
	unsigned n_own, n_subscribed;
};

struct bench_channel {
	const char *id;
	int64_t head; /* highest sequence number that the server has shown */
};

struct bench_results {
	uint64_t sent, acked, refused;
	uint64_t delivered; /* messages of this run, over all sockets */
	uint64_t gaps;
	struct checker_counts events;
	/* all from the time at which a message is due */
	struct histogram ack, delivery, late;
	char refusal[64]; /* code of the last error */
	bool interrupted;
};

struct bench {
	const struct bench_plan *plan;
	struct bench_channel *channels;
	struct bench_socket *sockets;
	unsigned n_sockets;
	unsigned n_connecting, n_ready, n_lost;
	char lost_why[WS_WHY]; /* of the first lost socket */
	int64_t begin_us;      /* when the first message is due */
	struct arena *scratch; /* of one frame */
	struct bench_results results;
};

void bench_init(struct bench *b, const struct bench_plan *plan,
    const struct bench_world *w, struct arena *a);
void bench_fini(struct bench *b);

/* A socket changes its phase. */
void bench_move(struct bench *b, struct bench_socket *s, enum bench_phase next);
/* Keeps the reason for the first lost socket. */
void bench_lose(struct bench *b, struct bench_socket *s, const char *why);
/* Handles a frame that the socket received at now_us. */
void bench_frame(struct bench *b, struct bench_socket *s, const char *text, size_t len,
    int64_t now_us);
/* True when each message has an answer, and each socket has each number. */
bool bench_is_over(const struct bench *b);
/* Counts the numbers that the sockets still lack. A lost socket is not judged. */
void bench_judge(struct bench *b);
/* True when each message was acked and delivered once, in order, and no socket was
 * lost. */
bool bench_is_clean(const struct bench *b);

/* bench_run.c: opens the sockets, sends, and waits for what is missing. Returns false
 * after a message when a socket can't be opened; then nothing was sent. */
bool bench_run(struct ctl *c, struct bench *b, const struct bench_world *w,
    const char *url) ES_MUST_CHECK;

/* bench_print.c: the results, on stdout; with --json as an object. */
void bench_print(const struct ctl *c, const struct bench *b);

#endif
