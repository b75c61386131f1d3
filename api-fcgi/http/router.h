/* Finds the route of a request: compares the path templates with the decoded segments. */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "http/http.h"
#include "store/key_scope.h"

enum http_scope {
	SCOPE_PUBLIC,   /* no credentials */
	SCOPE_OPERATOR, /* the operator key */
	SCOPE_USER,     /* an active user of an active tenant */
	SCOPE_MEMBER,   /* as SCOPE_USER, but no guest */
	SCOPE_ADMIN,    /* an admin or owner of the tenant */
	SCOPE_OWNER,    /* an owner of the tenant */
};

struct http_route {
	const char *method, *path; /* "/api/v1/channels/{channelId}" */
	enum http_scope scope;
	http_handler *handler;
	/* The scopes of API keys, any of which opens the route, and KEY_AS_USER. The
	 * scope admin opens every route that has at least one scope. 0: no API key opens
	 * it. */
	unsigned keys;
};

#define KEY_AS_USER 0x100 /* an API key must act for a user */

struct router {
	const struct http_route *routes;
	size_t n;
};

const char *router_scope_name(enum http_scope scope);

/* Finds the first route that matches; a literal segment must therefore come before a
 * {parameter} in the table. HEAD finds the routes of GET. Fills params, which point into
 * uri. Returns ES_NOT_FOUND when no route matches, or ES_METHOD_NOT_ALLOWED when another
 * method would match. */
enum es_code router_find(const struct router *r, const char *method,
    const struct uri *uri, const struct http_route **out, const char *params[HTTP_PARAMS],
    struct es_err *err) ES_MUST_CHECK;

/* The value of the header Allow for a path: "GET, HEAD, OPTIONS". "" when no route
 * matches. */
const char *router_allow(const struct router *r, const struct uri *uri, struct arena *a);

#endif
