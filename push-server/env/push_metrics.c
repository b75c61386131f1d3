#include "env/push_metrics.h"

#include "core/attr.h"

#include "core/banned.h"

static const double latency_s[] = {.005, .01, .025, .05, .1, .2, .4, .8, 1.6, 5};

/* In the order of the rows PM_CLOSE_FIRST and following. The row PM_CLOSE_LAST counts all
 * other codes. */
static const unsigned close_codes[] = {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009,
    1011, 4001, 4002, 4003, 4004, 4005, 4008, 4009, 4100, 4101, 4102, 4103, 4104, 4200};
_Static_assert(PM_CLOSE_LAST - PM_CLOSE_FIRST == ES_COUNT(close_codes),
    "a row for each close code and one for the others");

#define GAPS         "echostream_gaps_total"
#define GAPS_HELP    "gap frames sent, by reason."
#define ENDED        "echostream_unsubscribed_total"
#define ENDED_HELP   "Subscriptions that the server has ended, by the reason."
#define FRAMES       "echostream_websocket_frames_total"
#define FRAMES_HELP  "Frames from clients by type."
#define CLOSES       "echostream_websocket_closes_total"
#define CLOSES_HELP  "Sockets that ended, by close code."
#define LIMITED      "echostream_rate_limited_total"
#define LIMITED_HELP "Frames refused by a rate limit."
#define UP           "echostream_push_connected"
#define UP_HELP      "Workers that are connected to this service."
#define HANDS        "echostream_websocket_handshakes_total"
#define HANDS_HELP   "Requests for a WebSocket, by their result."
#define QUERIES      "echostream_push_queries_total"
#define QUERIES_HELP "Statements sent to PostgreSQL, by their purpose."
#define REPLAY       "echostream_replays_total"
#define REPLAY_HELP  "Replays, by the source of the events."

#define COUNTER(name, labels, help) \
	{ \
		METRIC_COUNTER, name, labels, help, NULL, 0 \
	}
#define GAUGE(name, labels, help) \
	{ \
		METRIC_GAUGE, name, labels, help, NULL, 0 \
	}
#define QUERY(asks) COUNTER(QUERIES, "asks=\"" asks "\"", QUERIES_HELP)
#define FRAME(type) COUNTER(FRAMES, "type=\"" type "\"", FRAMES_HELP)
#define CLOSED(n, code) \
	[PM_CLOSE_FIRST + (n)] = COUNTER(CLOSES, "code=\"" code "\"", CLOSES_HELP)

// clang-format off
const struct metric push_metrics[PUSH_METRICS] = {
	[PM_CONNECTIONS] = GAUGE("echostream_websocket_connections", NULL, "Open connections, after hello."),
	[PM_BROADCAST] = COUNTER("echostream_websocket_messages_broadcast_total", NULL, "Event frames handed to sockets."),
	[PM_DELIVERY] = {METRIC_HISTOGRAM, "echostream_delivery_latency_seconds", NULL,
	    "From the acceptance of a message to the write to a subscriber's socket.", latency_s, ES_COUNT(latency_s)},
	[PM_BYTES_OUT] = COUNTER("echostream_websocket_sent_bytes_total", NULL, "Bytes written to sockets."),
	[PM_WRITES] = COUNTER("echostream_websocket_writes_total", NULL, "Writes to sockets; one may carry many frames."),
	[PM_OUT_BYTES] = GAUGE("echostream_websocket_send_queue_bytes", NULL, "Bytes that wait for slow readers."),
	[PM_SLOW] = COUNTER("echostream_slow_consumers_total", NULL, "Connections closed for reading too slowly."),
	[PM_EARLY_BYTES] = GAUGE("echostream_websocket_early_bytes", NULL, "Bytes held for clients before hello: request heads, tokens, frames that wait."),
	[PM_SUBSCRIPTIONS] = GAUGE("echostream_subscriptions", NULL, "Subscriptions of open connections."),
	[PM_CHANNELS] = GAUGE("echostream_push_channels", NULL, "Channels with at least one subscription."),
	[PM_LOG_BYTES] = GAUGE("echostream_push_log_bytes", NULL, "Bytes of event logs."),
	[PM_HEALS] = COUNTER("echostream_heals_total", NULL, "Holes found by number and read from PostgreSQL."),
	[PM_GAPS] = COUNTER(GAPS, "reason=\"reset\"", GAPS_HELP),
	[PM_GAPS + 1] = COUNTER(GAPS, "reason=\"replay_limit\"", GAPS_HELP),
	[PM_GAPS + 2] = COUNTER(GAPS, "reason=\"slow_consumer\"", GAPS_HELP),
	[PM_UNSUBSCRIBED] = COUNTER(ENDED, "code=\"left\"", ENDED_HELP),
	[PM_UNSUBSCRIBED + 1] = COUNTER(ENDED, "code=\"removed\"", ENDED_HELP),
	[PM_UNSUBSCRIBED + 2] = COUNTER(ENDED, "code=\"banned\"", ENDED_HELP),
	[PM_UNSUBSCRIBED + 3] = COUNTER(ENDED, "code=\"channel_deleted\"", ENDED_HELP),
	[PM_UNSUBSCRIBED + 4] = COUNTER(ENDED, "code=\"became_private\"", ENDED_HELP),
	[PM_UNSUBSCRIBED + 5] = COUNTER(ENDED, "code=\"no_access\"", ENDED_HELP),
	[PM_REPLAY_MEMORY] = COUNTER(REPLAY, "source=\"memory\"", REPLAY_HELP),
	[PM_REPLAY_PAGES] = COUNTER(REPLAY, "source=\"database\"", REPLAY_HELP),
	[PM_ODD_MESSAGES] = COUNTER("echostream_odd_messages_total", NULL, "Messages of Redis topics that could not be read."),
	[PM_LOSSY_DROPPED] = COUNTER("echostream_lossy_dropped_total", NULL, "Frames of presence, typing and receipts that were dropped, most for slow readers."),
	[PM_PRESENCE_CHANGES] = COUNTER("echostream_presence_changes_total", NULL, "Changes of a user's presence, passed on to clients."),
	[PM_TYPING] = COUNTER("echostream_typing_total", NULL, "Typing frames passed on to clients."),
	[PM_RECEIPTS] = COUNTER("echostream_receipts_total", NULL, "Receipt frames passed on to clients."),
	[PM_SENDS] = COUNTER("echostream_websocket_sends_total", NULL, "Messages, edits, deletes and reactions handed to the queue."),
	[PM_TRACE_EXPORTED] = COUNTER("echostream_trace_spans_exported_total", NULL, "Spans of traces that the collector has taken."),
	[PM_TRACE_DROPPED] = COUNTER("echostream_trace_spans_dropped_total", NULL, "Spans of traces that were dropped, because the collector was slow, unreachable, or refused them."),
	[PM_SENDS_UNKNOWN] = COUNTER("echostream_websocket_sends_unknown_total", NULL, "Sends, edits, deletes and reactions answered with outcome_unknown."),
	[PM_RATE_LIMITED_USER] = COUNTER(LIMITED, "scope=\"user\"", LIMITED_HELP),
	[PM_RATE_LIMITED_TENANT] = COUNTER(LIMITED, "scope=\"tenant\"", LIMITED_HELP),
	[PM_RATE_LIMITED_FRAMES] = COUNTER(LIMITED, "scope=\"frames\"", LIMITED_HELP),
	[PM_RATE_LIMITED_SUBSCRIBES] = COUNTER(LIMITED, "scope=\"subscribes\"", LIMITED_HELP),
	[PM_HANDSHAKES_OK] = COUNTER(HANDS, "result=\"ok\"", HANDS_HELP),
	[PM_HANDSHAKES_REFUSED] = COUNTER(HANDS, "result=\"refused\"", HANDS_HELP),
	[PM_ACCEPTING] = GAUGE("echostream_push_accepting", NULL, "Workers that take new clients; a worker that drains answers 503."),
	[PM_AUTH_FAILED] = COUNTER("echostream_websocket_auth_failures_total", NULL, "Sockets closed because of their token, user or tenant."),
	[PM_QUERIES_USERS] = QUERY("users"),
	[PM_QUERIES_RIGHTS] = QUERY("rights"),
	[PM_QUERIES_PAGES] = QUERY("pages"),
	[PM_QUERIES_HEADS] = QUERY("heads"),
	[PM_QUERIES_VERSIONS] = QUERY("versions"),
	[PM_QUERIES_MARKS] = QUERY("marks"),
	[PM_PG_UP] = GAUGE(UP, "to=\"postgres\"", UP_HELP),
	[PM_REDIS_UP] = GAUGE(UP, "to=\"redis\"", UP_HELP),
	[PM_TOPICS_UP] = GAUGE(UP, "to=\"pubsub\"", UP_HELP),
	[PM_QUEUE_UP] = GAUGE(UP, "to=\"queue\"", UP_HELP),
	[PM_AUTHZ_STALE] = GAUGE("echostream_membership_checks_stale", NULL, "Workers that could not check memberships for 60 s."),
	[PM_FRAME_SUBSCRIBE] = FRAME("subscribe"),
	[PM_FRAME_UNSUBSCRIBE] = FRAME("unsubscribe"),
	[PM_FRAME_SEND] = FRAME("send"),
	[PM_FRAME_EDIT] = FRAME("edit"),
	[PM_FRAME_DELETE] = FRAME("delete"),
	[PM_FRAME_REACT] = FRAME("react"),
	[PM_FRAME_UNREACT] = FRAME("unreact"),
	[PM_FRAME_TYPING] = FRAME("typing"),
	[PM_FRAME_SYNC] = FRAME("sync"),
	[PM_FRAME_READ] = FRAME("read"),
	[PM_FRAME_PRESENCE] = FRAME("presence"),
	[PM_FRAME_PRESENCE_WATCH] = FRAME("presence_watch"),
	[PM_FRAME_AUTH] = FRAME("auth"),
	[PM_FRAME_PING] = FRAME("ping"),
	[PM_FRAME_OTHER] = FRAME("other"),
	CLOSED(0, "1000"), CLOSED(1, "1001"), CLOSED(2, "1002"), CLOSED(3, "1003"),
	CLOSED(4, "1005"), CLOSED(5, "1006"), CLOSED(6, "1007"), CLOSED(7, "1009"),
	CLOSED(8, "1011"), CLOSED(9, "4001"), CLOSED(10, "4002"), CLOSED(11, "4003"),
	CLOSED(12, "4004"), CLOSED(13, "4005"), CLOSED(14, "4008"), CLOSED(15, "4009"),
	CLOSED(16, "4100"), CLOSED(17, "4101"), CLOSED(18, "4102"), CLOSED(19, "4103"),
	CLOSED(20, "4104"), CLOSED(21, "4200"), CLOSED(22, "other"),
};
// clang-format on

enum push_metric
push_metrics_close(unsigned code)
{
	size_t i = 0;

	while (i < ES_COUNT(close_codes) && close_codes[i] != code)
		i++;
	return (enum push_metric)(PM_CLOSE_FIRST + i);
}
