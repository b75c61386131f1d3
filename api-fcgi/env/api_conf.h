/* The settings of echostream-api. The table in api_conf.c describes each. */
#ifndef API_API_CONF_H
#define API_API_CONF_H

#include <stdint.h>

#include "conf/conf_common.h"

/* A worker without a heartbeat for this time counts as hung. The time is longer than any
 * request may take. */
#define API_HUNG_AFTER_MS 30000

struct api_conf {
	struct conf_common common;
	struct conf_auth auth;
	const char *operator_key, *operator_key_old;
	const char *jwks_allow_hosts, *jwks_ca_file;
	/* pools */
	const char *send_socket, *api_socket, *health_socket, *metrics_file;
	int64_t send_workers, api_workers, stall_ms, drain_ms;
	/* tokens; the rates are calls per minute of one caller, 0 for no limit */
	int64_t auth_rate, ticket_rate, revoked_tokens, api_keys;
	/* sending */
	int64_t send_wait_ms, body_max_bytes, body_max_chars;
	int64_t user_send, user_send_window_s, receipt_members;
	int64_t user_channels, user_dms;
	/* other requests */
	int64_t user_read, user_write, user_request_window_s;
	int64_t user_create, user_create_window_s;
	int64_t address_failures, address_failures_window_s;
};

extern const struct conf_table api_conf_tables[];
extern const size_t n_api_conf_tables;

#endif
