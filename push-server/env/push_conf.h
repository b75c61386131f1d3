/* Settings of push-server. */
#ifndef PUSH_PUSH_CONF_H
#define PUSH_PUSH_CONF_H

#include <stdint.h>

#include "conf/conf.h"
#include "conf/conf_common.h"

/* Suffix of an address in ES_PUSH_LISTEN: each connection there starts with a PROXY
 * header. */
#define PUSH_LISTEN_PROXY "+proxy"

struct push_conf {
	struct conf_common common; /* must be first: CONF_COMMON_TABLE relies on it */
	struct conf_auth auth;

	const char *listen, *ops_listen, *ops_from, *metrics_file;
	int64_t workers, connections; /* connections is the limit of one worker */
	int64_t user_connections, address_connections_per_min;
	const char *trusted_proxies; /* list of networks, in the format of cidr_list.h */
	int64_t early_bytes, early_total_bytes;
	int64_t frame_max_bytes, out_bytes, sndbuf_bytes, stalled_ms;
	int64_t head_timeout_ms, auth_timeout_ms, send_timeout_ms, drain_ms;
	int64_t reconnect_min_ms, reconnect_max_ms, reconnect_per_s;
	int64_t backlog, accepts, handshakes;
	int64_t max_subscriptions;
	int64_t lookup_batch; /* see gather.h */

	int64_t log_channel_bytes, log_bytes; /* memory for the logs of recent events */
	/* maximum number of events of one channel that are replayed; more give a gap */
	int64_t replay_limit;
	/* events and bytes of history read from PostgreSQL */
	int64_t replay_budget, page_bytes;
	int64_t linger_ms, join_timeout_ms, rights_keep_ms, rights_max, acl_poll_ms;
	int64_t presence_hold_ms, presence_idle_ms;

	int64_t user_send, user_send_window_s, receipt_members, body_max_chars,
	    frame_rate, control_rate;
	int64_t subscribe_rate; /* channels asked for by one connection in 10 s */
	int64_t read_marks_max;
};

extern const struct conf_table push_conf_tables[];
extern const size_t n_push_conf_tables;

/* The largest message in bytes that a client may send: ES_FRAME_MAX_BYTES, or more if the
 * longest allowed body could need more when all its characters are escaped in JSON. */
size_t push_conf_message_max(const struct push_conf *conf);

struct queue_settings;
void push_conf_queue(const struct push_conf *conf, struct queue_settings *out);
struct pg_settings;
void push_conf_pg(const struct push_conf *conf, struct pg_settings *out);

#endif
