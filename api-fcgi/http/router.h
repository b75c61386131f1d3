/* Which route a request is for: path templates against decoded segments. */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "http/http.h"
#include "store/key_scope.h"

struct api;

typedef enum es_code http_handler(struct api *api, const struct http_req *req,
    struct http_res *res, struct es_err *err);

enum http_scope {
	SCOPE_PUBLIC,   /* nobody is asked who he is */
	SCOPE_OPERATOR, /* the operator key */
	SCOPE_USER,     /* an active user of an active tenant */
	SCOPE_MEMBER,   /* as USER, but no guest */
	SCOPE_ADMIN,    /* an admin or owner of the tenant */
	SCOPE_OWNER,    /* an owner of the tenant */
};

struct http_route {
	const char *method, *path; /* "/api/v1/channels/{channelId}" */
	enum http_scope scope;
	http_handler *handler;
	/* Scopes of an API key, any of which opens the route, and KEY_AS_USER; 0: no key
	 * does. admin opens all that is not 0. */
	unsigned keys;
};

#define KEY_AS_USER 0x100 /* done by a user: a key must act for one */

struct router {
	const struct http_route *routes;
	size_t n;
};

const char *router_scope_name(enum http_scope scope);

/* The first route that fits; a literal segment has to stand before a {parameter} in the
 * table. HEAD finds what GET finds. Fills params. ES_NOT_FOUND, or ES_METHOD_NOT_ALLOWED
 * when only the method does not fit. */
enum es_code router_find(const struct router *r, const char *method,
    const struct uri *uri, const struct http_route **out, const char *params[HTTP_PARAMS],
    struct es_err *err) ES_MUST_CHECK;

/* The value of Allow for a path: "GET, HEAD, OPTIONS"; "" for a path that is none. */
const char *router_allow(const struct router *r, const struct uri *uri, struct arena *a);

#endif
