/* Answers the requests to the ops listener. */
#ifndef OPS_OPS_HTTP_H
#define OPS_OPS_HTTP_H

#include <libwebsockets.h>

#include "core/cidr_list.h"
#include "ops/ops.h"

#define OPS_BODY_MAX (4UL << 20)

/* The user data of the lws context. */
struct ops_server {
	const struct ops_route *routes;
	unsigned n;
	void *ctx;
	const struct cidr_list
	    *from; /* networks that may request more than /healthz; NULL: all */
};

/* The protocol of the listening socket. It accepts and hands the socket over to the HTTP
 * protocol. */
#define OPS_LISTENER "listener"
lws_callback_function ops_http_accept;

int ops_http_callback(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
