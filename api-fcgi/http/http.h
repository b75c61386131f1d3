/* The request and the response that handlers see. */
#ifndef API_HTTP_H
#define API_HTTP_H

#include <stddef.h>

#include "auth/token.h"
#include "core/id.h"
#include "core/text.h"
#include "http/query.h"
#include "http/uri.h"
#include "store/principal_store.h"
#include "trace/trace.h"
#include "json/json_bind.h"
#include "json/json_write.h"

/* The FastCGI parameters that the program reads. It ignores all others. */
#define HTTP_HEADERS(X) \
	X(address, "REMOTE_ADDR") \
	X(authorization, "HTTP_AUTHORIZATION") \
	X(content_type, "CONTENT_TYPE") \
	X(content_encoding, "HTTP_CONTENT_ENCODING") \
	X(origin, "HTTP_ORIGIN") \
	X(cors_method, "HTTP_ACCESS_CONTROL_REQUEST_METHOD") \
	X(idempotency_key, "HTTP_IDEMPOTENCY_KEY") \
	X(if_match, "HTTP_IF_MATCH") \
	X(on_behalf_of, "HTTP_X_ON_BEHALF_OF") \
	X(prefer, "HTTP_PREFER") \
	X(request_id, "HTTP_X_REQUEST_ID") \
	X(traceparent, "HTTP_TRACEPARENT") \
	X(amzn_trace_id, "HTTP_X_AMZN_TRACE_ID")

/* A header that the client did not send is NULL. */
struct http_headers {
#define X(name, param) const char *name;
	HTTP_HEADERS(X)
#undef X
};

#define HTTP_PARAMS      4
#define HTTP_RES_HEADERS 24
#define HTTP_RESPONSE_MAX \
	(16UL * 1024 * 1024) /* 200 messages of 10,000 escaped code points */

/* The API key of the caller. id "": the caller has sent a token. */
struct http_key {
	struct uuid id;
	unsigned scopes;    /* store/key_scope.h */
	int64_t expires_ms; /* 0: never */
};

/* What a request counts as for guard/request_limits.h. */
enum request_kind {
	REQUEST_UNCOUNTED, /* health checks, requests of the operator, sends */
	REQUEST_READ,
	REQUEST_WRITE,
	REQUEST_CREATION, /* of a channel or a user */
};

struct api;
struct http_req;
struct http_res;

typedef enum es_code http_handler(struct api *api, const struct http_req *req,
    struct http_res *res, struct es_err *err);

struct http_req {
	const char *method;
	const char *target; /* path and query, undecoded */
	struct uri uri;
	struct query query;
	struct http_headers headers;
	const char *body;
	size_t body_len;
	const char
	    *params[HTTP_PARAMS]; /* values of the {parameters} of the route, in order */
	struct principal who;     /* the caller; set by the guard, before any handler */
	struct token_claims claims; /* of the caller's token; set by the guard */
	struct http_key key;        /* set by the guard */
	http_handler *ahead;        /* routes_ahead() until guard_ahead(), or NULL */
	enum request_kind kind;     /* of the route; set by dispatch_request() */
	const char *request_id;     /* never NULL */
	struct trace_span span;     /* of this request; set by the worker */
	const char *traceparent;    /* for what the request causes; checked, or NULL */
	struct json_faults
	    *faults; /* wrong fields of the body; set by dispatch_request() */
	struct arena *arena;
};

struct http_res {
	int status;
	const char *type; /* content type; NULL: no body */
	struct text body;
	size_t n_headers;
	struct {
		const char *name, *value;
	} headers[HTTP_RES_HEADERS];
	/* For the problem document. policy: the limit that refused, or NULL. detail:
	 * replaces the detail that clients see, unless NULL. status_instead: replaces the
	 * status of the error code, unless 0. */
	const char *policy, *detail;
	int status_instead;
};

/* Returns the id under which limits count requests: the id of the user, or of the API key
 * that acts for no user. */
const char *http_caller(const struct http_req *req);

/* True when the value of the header Prefer (RFC 7240) contains respond-async. prefer may
 * be NULL. */
bool http_prefers_async(const char *prefer) ES_MUST_CHECK;

void http_res_init(struct http_res *res, struct arena *a);
/* Adds a header. The response keeps both pointers until it is sent. */
void http_header(struct http_res *res, const char *name, const char *value);
const char *http_header_get(const struct http_res *res, const char *name);

/* Starts a JSON response with this status; the caller writes its body through *w. */
void http_json(struct http_res *res, struct json_write *w, int status);

#endif
