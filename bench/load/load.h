/* Thousands of WebSocket clients and REST connections in one process. Everything goes to
 * 127.0.0.1. Links no code of EchoStream but measure/, because it measures the wire.
 * Times are in microseconds of CLOCK_MONOTONIC. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/checker.h"
#include "measure/histogram.h"

struct load;

/* A descriptor in the epoll set; the first member of the struct that owns it. */
struct watched {
	int fd;
	void (*ready)(struct load *l, struct watched *w, unsigned events);
};

/* What one command counts. */
struct results {
	uint64_t sent, acked, refused; /* messages; refused: answered by an error */
	uint64_t gaps;                 /* gap frames */
	uint64_t connected;            /* clients that got all their subscriptions */
	uint64_t failed;               /* attempts to connect that failed */
	uint64_t cut;                  /* sockets that the server or the network closed */
	char error[64];                /* code of the last refusal */
	struct checker_counts frames;
	struct histogram delivery; /* from the scheduled time to each receiver */
	struct histogram ack;      /* from the scheduled time to the sender's ack */
	struct histogram late;     /* from the scheduled time to the write */
	struct histogram hello;    /* from connect() to the frame hello */
	struct histogram ready;    /* from connect() to the last ack of a subscription */
};

struct load {
	int epoll;
	struct watched timer; /* wakes the loop at load_wake() */
	uint16_t push_port, rest_port;
	struct client *clients;
	unsigned n_clients;
	char (*channels)[40]; /* ids */
	int64_t *heads;       /* highest number seen of each channel */
	int64_t *accepted;    /* messages of each channel that the server accepted */
	unsigned n_channels;
	unsigned n_subscribed; /* the first channels: they have subscribers */
	unsigned n_senders;    /* the first clients: they have no channels, and send */
	unsigned under_way;    /* clients that connect */
	unsigned n_ready;
	/* messages that are scheduled before this time are a warm-up: they are checked,
	 * but their times do not count */
	int64_t count_from_us;
	struct results results;
};

int64_t load_now_us(void);
void load_watch(struct load *l, struct watched *w, unsigned events);
void load_rewatch(struct load *l, struct watched *w, unsigned events);
/* Handles what is ready; waits until until_us at the latest when nothing is ready. */
void load_turn(struct load *l, int64_t until_us);
/* A fault of the generator itself or of its call: prints it and exits. */
_Noreturn void load_die(const char *what);
/* The server accepted a message to the channel, scheduled at that time. */
void load_accepted(struct load *l, unsigned channel, int64_t at_us);
/* Returns a random number of 32 bits, not for secrets. */
uint32_t load_random(void);
/* Returns a new TCP socket that is connecting to 127.0.0.1:port, or -1. index chooses the
 * source address, from 127.0.0.2 on, so that ports do not run out. */
int load_connect(uint16_t port, unsigned index);

#endif
