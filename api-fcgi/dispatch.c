#include "dispatch.h"

#include <string.h>

#include "guard/guard.h"
#include "guard/request_limits.h"
#include "http/cors.h"
#include "http/http_body.h"
#include "http/problem.h"
#include "http/request_id.h"
#include "routes.h"

#include "core/banned.h"

#define ALL_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

/* Answers OPTIONS before the guard runs, because a preflight carries no token. Also
 * allows the preflight of an unknown path. The browser then sends the request and shows
 * its 404; after a refused preflight the browser would show only a CORS error. */
static enum es_code
dispatch_options(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const char *allow = router_allow(api->router, &req->uri, req->arena);

	if (allow[0] == '\0' && !cors_is_preflight(req)) {
		cors_answer(api->cors, api->pg, req, res);
		return es_fail(err, ES_NOT_FOUND, "no such path");
	}
	res->status = 204;
	if (allow[0] == '\0')
		allow = ALL_METHODS;
	else
		http_header(res, "Allow", allow);
	cors_preflight(api->cors, api->pg, req, allow, res);
	return ES_OK;
}

static enum es_code
dispatch_handle(struct api *api, struct http_req *req, struct http_res *res,
    const struct http_route **route, struct es_err *err)
{
	enum es_code rc = uri_parse(req->target, req->arena, &req->uri, err);

	if (rc == ES_OK)
		rc = query_parse(req->uri.query, req->arena, &req->query, err);
	if (rc != ES_OK) {
		cors_answer(api->cors, api->pg, req, res);
		return rc;
	}
	if (strcmp(req->method, "OPTIONS") == 0)
		return dispatch_options(api, req, res, err);
	rc = router_find(api->router, req->method, &req->uri, route, req->params, err);
	if (rc == ES_METHOD_NOT_ALLOWED)
		http_header(
		    res, "Allow", router_allow(api->router, &req->uri, req->arena));
	if (rc == ES_OK) {
		req->ahead = routes_ahead(*route);
		req->kind = routes_request_kind(*route);
		rc = guard_check(api, *route, req, err);
		if (rc != ES_OK)
			request_limits_give_back(api, req, req->kind);
	}
	if (es_code_status(rc) == 401 || rc == ES_RATE_LIMITED)
		rc = request_limits_count_failure(api, req, rc, res, err);
	if (rc == ES_OK)
		rc = request_limits_charge(api, req, req->kind, res, err);
	if (rc == ES_OK)
		rc = query_known(&req->query, routes_query(*route), err);
	if (rc == ES_OK && !routes_has_body(*route))
		rc = http_body_none(req, err);
	if (rc == ES_OK)
		rc = (*route)->handler(api, req, res, err);
	cors_answer(api->cors, api->pg, req, res);
	if (rc == ES_OK && res->body.overflow)
		return es_fail(err, ES_INTERNAL, "the answer is too large");
	return rc;
}

void
dispatch_request(struct api *api, struct http_req *req, const struct es_err *refused,
    struct http_res *res, struct dispatch_result *out)
{
	struct es_err err = {.code = ES_OK}, *kept;

	*out = (struct dispatch_result){.code = ES_OK};
	http_res_init(res, req->arena);
	req->request_id = request_id_take(req->headers.request_id, req->arena);
	req->traceparent =
	    trace_next(&req->span, arena_alloc(req->arena, TRACE_PARENT_TEXT),
		traceparent_take(req->headers.traceparent, req->arena));
	req->faults = arena_alloc(req->arena, sizeof(*req->faults));
	*req->faults = (struct json_faults){.n = 0};
	http_header(res, "X-Request-Id", req->request_id);
	http_header(res, "Cache-Control", "no-store");
	if (refused != NULL) {
		err = *refused;
		out->code = err.code;
	} else {
		out->code = dispatch_handle(api, req, res, &out->route, &err);
		/* Some callees return a code without filling err. */
		err.code = out->code;
	}
	if (out->code == ES_OK)
		return;
	problem_write(req, &err, res);
	kept = arena_alloc(req->arena, sizeof(*kept));
	*kept = err;
	out->err = kept;
}
