/* The metrics of push-server. Each name here needs a row in push_metrics.c. */
#ifndef PUSH_PUSH_METRICS_H
#define PUSH_PUSH_METRICS_H

#include "core/metrics.h"

enum push_metric {
	PM_CONNECTIONS,
	/* echostream_websocket_messages_broadcast_total: event frames handed to
	 * sockets */
	PM_BROADCAST,
	/* echostream_delivery_latency_seconds: from acceptance to the write to a
	 * socket */
	PM_DELIVERY,
	PM_BYTES_OUT,
	PM_WRITES, /* writes to sockets; one write may carry many frames */
	PM_OUT_BYTES,
	PM_SLOW,
	PM_EARLY_BYTES,
	PM_SUBSCRIPTIONS,
	PM_CHANNELS,
	PM_LOG_BYTES,
	PM_HEALS,
	/* reset, replay_limit and slow_consumer, in the order of enum gap_reason */
	PM_GAPS,
	PM_GAPS_LAST = PM_GAPS + 2,
	/* from left to no_access, in the order of enum sub_end */
	PM_UNSUBSCRIBED,
	PM_UNSUBSCRIBED_LAST = PM_UNSUBSCRIBED + 5,
	PM_REPLAY_MEMORY, /* replays served from the channel's log in memory */
	PM_REPLAY_PAGES,  /* pages of history read from PostgreSQL */
	PM_ODD_MESSAGES,  /* messages of Redis topics that can't be parsed */
	PM_LOSSY_DROPPED,
	PM_PRESENCE_CHANGES,
	PM_TYPING,
	PM_RECEIPTS,
	PM_SENDS,
	PM_TRACE_EXPORTED,
	PM_TRACE_DROPPED,
	PM_SENDS_UNKNOWN,
	PM_RATE_LIMITED_USER,
	PM_RATE_LIMITED_TENANT,
	PM_RATE_LIMITED_FRAMES,
	PM_RATE_LIMITED_SUBSCRIBES,
	PM_HANDSHAKES_OK,
	PM_HANDSHAKES_REFUSED,
	PM_ACCEPTING, /* 1 while the worker accepts new clients */
	PM_AUTH_FAILED,
	PM_QUERIES_USERS, /* statements sent to PostgreSQL, by their purpose */
	PM_QUERIES_RIGHTS,
	PM_QUERIES_PAGES,
	PM_QUERIES_HEADS,
	PM_QUERIES_VERSIONS,
	PM_QUERIES_MARKS,
	PM_PG_UP,
	PM_REDIS_UP,
	PM_TOPICS_UP,
	PM_QUEUE_UP,
	PM_AUTHZ_STALE, /* 1 while no membership check has succeeded for 60 s */
	PM_FRAME_SUBSCRIBE,
	PM_FRAME_UNSUBSCRIBE,
	PM_FRAME_SEND,
	PM_FRAME_EDIT,
	PM_FRAME_DELETE,
	PM_FRAME_REACT,
	PM_FRAME_UNREACT,
	PM_FRAME_TYPING,
	PM_FRAME_SYNC,
	PM_FRAME_READ,
	PM_FRAME_PRESENCE,
	PM_FRAME_PRESENCE_WATCH,
	PM_FRAME_AUTH,
	PM_FRAME_PING,
	PM_FRAME_OTHER,
	PM_CLOSE_FIRST, /* one row for each known close code, then "other" */
	PM_CLOSE_LAST = PM_CLOSE_FIRST + 22,
	PUSH_METRICS
};

extern const struct metric push_metrics[PUSH_METRICS];

enum push_metric push_metrics_close(unsigned code);

#endif
