#include "http/router.h"

#include <string.h>

#include "core/banned.h"

const char *
router_scope_name(enum http_scope scope)
{
	static const char *const names[] = {
	    [SCOPE_PUBLIC] = "public",
	    [SCOPE_OPERATOR] = "operator",
	    [SCOPE_USER] = "user",
	    [SCOPE_MEMBER] = "member",
	    [SCOPE_ADMIN] = "admin",
	    [SCOPE_OWNER] = "owner",
	};

	return names[scope];
}

static bool
router_match_path(
    const char *path, const struct uri *uri, const char *params[HTTP_PARAMS])
{
	size_t n_params = 0;

	for (size_t i = 0; i < uri->n; i++) {
		const char *segment = uri->segments[i];
		size_t len;

		if (*path++ != '/')
			return false;
		len = strcspn(path, "/");
		if (path[0] == '{') {
			if (segment[0] == '\0')
				return false;
			params[n_params++] = segment;
		} else if (strlen(segment) != len || strncmp(segment, path, len) != 0) {
			return false;
		}
		path += len;
	}
	return *path == '\0';
}

static bool
router_match_method(const struct http_route *route, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	return strcmp(route->method, method) == 0;
}

enum es_code
router_find(const struct router *r, const char *method, const struct uri *uri,
    const struct http_route **out, const char *params[HTTP_PARAMS], struct es_err *err)
{
	bool path_known = false;

	for (size_t i = 0; i < r->n; i++) {
		const char *found[HTTP_PARAMS] = {NULL};

		if (!router_match_path(r->routes[i].path, uri, found))
			continue;
		path_known = true;
		if (!router_match_method(&r->routes[i], method))
			continue;
		memcpy(params, found, sizeof(found));
		*out = &r->routes[i];
		return ES_OK;
	}
	if (path_known)
		return es_fail(err, ES_METHOD_NOT_ALLOWED,
		    "this path does not support the method; see the header Allow");
	return es_fail(err, ES_NOT_FOUND, "no such path");
}

const char *
router_allow(const struct router *r, const struct uri *uri, struct arena *a)
{
	static const char *const order[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	struct text t;

	text_init(&t, a, 256);
	for (size_t m = 0; m < ES_COUNT(order); m++) {
		for (size_t i = 0; i < r->n; i++) {
			const char *ignored[HTTP_PARAMS];

			if (strcmp(r->routes[i].method, order[m]) != 0 ||
			    !router_match_path(r->routes[i].path, uri, ignored))
				continue;
			text_addf(&t, "%s, ", order[m]);
			if (m == 0)
				text_addf(&t, "HEAD, ");
			break;
		}
	}
	if (t.len > 0)
		text_addf(&t, "OPTIONS");
	return t.data;
}
