#include "routes.h"

#include <string.h>

#include "handlers/handlers.h"
#include "send/message_change.h"
#include "send/message_send.h"

#include "core/banned.h"

#define V1      "/api/v1"
#define CHANNEL V1 "/channels/{channelId}"
#define MESSAGE CHANNEL "/messages/{messageId}"
#define PAGED   "limit cursor"

/* A key that may only send messages still has to list and join its channels. */
#define OF_CHANNELS (KEY_MESSAGES | KEY_CHANNELS)

static const struct http_route health_routes[] = {
    {"GET", "/healthz", SCOPE_PUBLIC, health_healthz, 0},
    {"GET", "/readyz", SCOPE_PUBLIC, health_readyz, 0},
    {"GET", "/metrics", SCOPE_PUBLIC, health_metrics, 0},
    {"GET", "/version", SCOPE_PUBLIC, health_version, 0},
};

static const struct http_route api_routes[] = {
    {"POST", V1 "/admin/tenants", SCOPE_OPERATOR, tenants_create, 0},
    {"GET", V1 "/admin/tenants", SCOPE_OPERATOR, tenants_list, 0},
    {"GET", V1 "/admin/tenants/{tenantId}", SCOPE_OPERATOR, tenants_get, 0},
    {"PATCH", V1 "/admin/tenants/{tenantId}", SCOPE_OPERATOR, tenants_patch, 0},
    {"POST", V1 "/admin/tenants/{tenantId}/suspend", SCOPE_OPERATOR, tenants_suspend, 0},
    {"POST", V1 "/admin/tenants/{tenantId}/resume", SCOPE_OPERATOR, tenants_resume, 0},

    {"GET", V1 "/tenant", SCOPE_USER, tenant_own_get, KEY_ANY},
    {"PATCH", V1 "/tenant", SCOPE_OWNER, tenant_own_patch, KEY_ADMIN},

    {"GET", V1 "/users/me", SCOPE_USER, users_me, KEY_ANY | KEY_AS_USER},
    {"GET", V1 "/users", SCOPE_USER, users_list, KEY_ANY},
    {"POST", V1 "/users", SCOPE_ADMIN, users_create, KEY_USERS},
    {"GET", V1 "/users/{userId}", SCOPE_USER, users_get, KEY_ANY},
    {"PATCH", V1 "/users/{userId}", SCOPE_USER, users_patch, KEY_USERS},
    {"DELETE", V1 "/users/{userId}", SCOPE_ADMIN, users_delete, KEY_USERS},
    {"POST", V1 "/users/{userId}/deactivate", SCOPE_ADMIN, users_deactivate, KEY_USERS},
    {"POST", V1 "/users/{userId}/reactivate", SCOPE_ADMIN, users_reactivate, KEY_USERS},
    {"POST", V1 "/users/{userId}/tokens", SCOPE_ADMIN, user_tokens_create, KEY_TOKENS},

    {"POST", V1 "/api-keys", SCOPE_ADMIN, api_keys_create, KEY_ADMIN},
    {"GET", V1 "/api-keys", SCOPE_ADMIN, api_keys_list, KEY_ADMIN},
    {"DELETE", V1 "/api-keys/{keyId}", SCOPE_ADMIN, api_keys_revoke, KEY_ADMIN},
    {"POST", V1 "/auth/revoke", SCOPE_USER, auth_revoke, KEY_USERS | KEY_TOKENS},
    {"POST", V1 "/ws/tickets", SCOPE_USER, ws_tickets_create,
	KEY_MESSAGES | KEY_TOKENS | KEY_AS_USER},
    {"GET", V1 "/auth-keys", SCOPE_OWNER, auth_keys_list, KEY_ADMIN},
    {"POST", V1 "/auth-keys", SCOPE_OWNER, auth_keys_create, KEY_ADMIN},
    {"DELETE", V1 "/auth-keys/{kid}", SCOPE_OWNER, auth_keys_delete, KEY_ADMIN},

    {"POST", V1 "/channels", SCOPE_MEMBER, channels_create, KEY_CHANNELS | KEY_AS_USER},
    {"GET", V1 "/channels", SCOPE_USER, channels_list, OF_CHANNELS},
    {"GET", CHANNEL, SCOPE_USER, channels_get, OF_CHANNELS},
    {"PATCH", CHANNEL, SCOPE_USER, channels_patch, KEY_CHANNELS | KEY_AS_USER},
    {"DELETE", CHANNEL, SCOPE_USER, channels_delete, KEY_CHANNELS | KEY_AS_USER},
    {"POST", CHANNEL "/archive", SCOPE_USER, channels_archive,
	KEY_CHANNELS | KEY_AS_USER},
    {"POST", CHANNEL "/unarchive", SCOPE_USER, channels_unarchive,
	KEY_CHANNELS | KEY_AS_USER},
    {"POST", CHANNEL "/take-over", SCOPE_USER, channels_take_over,
	KEY_CHANNELS | KEY_AS_USER},
    {"POST", CHANNEL "/join", SCOPE_USER, members_join, OF_CHANNELS | KEY_AS_USER},
    {"POST", CHANNEL "/leave", SCOPE_USER, members_leave, OF_CHANNELS | KEY_AS_USER},
    {"GET", CHANNEL "/members", SCOPE_USER, members_list, OF_CHANNELS},
    {"PUT", CHANNEL "/members/{userId}", SCOPE_USER, members_put,
	KEY_CHANNELS | KEY_AS_USER},
    {"DELETE", CHANNEL "/members/{userId}", SCOPE_USER, members_delete,
	KEY_CHANNELS | KEY_AS_USER},
    {"GET", CHANNEL "/bans", SCOPE_USER, bans_list, KEY_CHANNELS},
    {"PUT", CHANNEL "/bans/{userId}", SCOPE_USER, bans_put, KEY_CHANNELS | KEY_AS_USER},
    {"DELETE", CHANNEL "/bans/{userId}", SCOPE_USER, bans_delete, KEY_CHANNELS},

    {"POST", V1 "/dms", SCOPE_USER, dms_open, OF_CHANNELS | KEY_AS_USER},
    {"GET", V1 "/dms", SCOPE_USER, dms_list, OF_CHANNELS | KEY_AS_USER},
    {"PUT", V1 "/dms/{channelId}/hidden", SCOPE_USER, dms_hide,
	OF_CHANNELS | KEY_AS_USER},

    {"POST", CHANNEL "/messages", SCOPE_USER, message_send, KEY_MESSAGES | KEY_AS_USER},
    {"GET", CHANNEL "/messages", SCOPE_USER, messages_list, KEY_MESSAGES | KEY_AS_USER},
    {"GET", MESSAGE, SCOPE_USER, messages_get, KEY_MESSAGES | KEY_AS_USER},
    {"PATCH", MESSAGE, SCOPE_USER, message_edit, KEY_MESSAGES | KEY_AS_USER},
    {"DELETE", MESSAGE, SCOPE_USER, message_delete, KEY_MESSAGES | KEY_AS_USER},
    {"GET", MESSAGE "/revisions", SCOPE_USER, message_revisions,
	KEY_MESSAGES | KEY_AS_USER},
    {"GET", MESSAGE "/reactions", SCOPE_USER, message_reactions,
	KEY_MESSAGES | KEY_AS_USER},
    {"PUT", MESSAGE "/reactions/{emoji}", SCOPE_USER, reaction_put,
	KEY_MESSAGES | KEY_AS_USER},
    {"DELETE", MESSAGE "/reactions/{emoji}", SCOPE_USER, reaction_delete,
	KEY_MESSAGES | KEY_AS_USER},
    {"GET", CHANNEL "/messages/by-client-id/{clientMessageId}", SCOPE_USER,
	messages_by_client_id, KEY_MESSAGES | KEY_AS_USER},
    {"GET", CHANNEL "/messages/{messageId}/readers", SCOPE_USER, unread_readers,
	KEY_MESSAGES | KEY_AS_USER},

    {"GET", V1 "/unread", SCOPE_USER, unread_list, KEY_MESSAGES | KEY_AS_USER},
    {"PUT", CHANNEL "/read", SCOPE_USER, read_mark_put, KEY_MESSAGES | KEY_AS_USER},
    {"POST", CHANNEL "/typing", SCOPE_USER, typing_post, KEY_MESSAGES | KEY_AS_USER},
    {"GET", V1 "/presence", SCOPE_USER, presence_list, KEY_ANY},
    {"PUT", V1 "/presence", SCOPE_USER, presence_put_own, KEY_MESSAGES | KEY_AS_USER},
    {"POST", V1 "/presence/query", SCOPE_USER, presence_query, KEY_ANY},
};

const struct router api_router = {api_routes, ES_COUNT(api_routes)};
const struct router health_router = {health_routes, ES_COUNT(health_routes)};

/* The query parameters of each route, separated by blanks. A route without a row accepts
 * none. */
static const struct {
	http_handler *handler;
	const char *names;
} queries[] = {
    {tenants_list, PAGED},
    {users_list, PAGED " email externalId q role status"},
    {api_keys_list, PAGED},
    {channels_list, PAGED " kind member orphaned include"},
    {channels_get, "include"},
    {dms_list, PAGED},
    {members_list, PAGED},
    {bans_list, PAGED},
    {messages_list, "limit before after around ids"},
    {unread_list, PAGED " all"},
    {unread_readers, PAGED},
    {message_revisions, "limit before"},
    {message_reactions, PAGED " emoji"},
    {presence_list, "userIds"},
};

const char *
routes_query(const struct http_route *route)
{
	if (route->scope == SCOPE_PUBLIC)
		return "*"; /* a load balancer may add parameters of its own */
	for (size_t i = 0; i < ES_COUNT(queries); i++)
		if (queries[i].handler == route->handler)
			return queries[i].names;
	return "";
}

/* The routes that accept a body with fields. dispatch_request() accepts no body or {} for
 * all others. */
static http_handler *const bodies[] = {
    tenants_create,
    tenants_patch,
    tenant_own_patch,
    users_create,
    users_patch,
    user_tokens_create,
    api_keys_create,
    auth_revoke,
    auth_keys_create,
    channels_create,
    channels_patch,
    members_put,
    dms_open,
    dms_hide,
    message_send,
    message_edit,
    read_mark_put,
    presence_put_own,
    presence_query,
};

bool
routes_has_body(const struct http_route *route)
{
	if (route->scope == SCOPE_PUBLIC)
		return true; /* a load balancer may send a body */
	for (size_t i = 0; i < ES_COUNT(bodies); i++)
		if (bodies[i] == route->handler)
			return true;
	return false;
}

/* The routes that read ahead, and the function that reads for each. It is the handler
 * itself when the handler does nothing before the read that others can notice. */
static const struct {
	http_handler *handler, *ahead;
} aheads[] = {
    {tenant_own_get, tenant_own_get},
    {users_me, users_me},
    {users_list, users_list},
    {users_get, users_get},
    {channels_list, channels_list},
    {channels_get, channels_get},
    {dms_list, dms_list},
    {members_list, members_list},
    {bans_list, bans_list},
    {messages_list, messages_list},
    {messages_get, messages_get},
    {unread_list, unread_list},
    {unread_readers, unread_readers},
    {messages_by_client_id, messages_by_client_id},
    {message_send, message_send_ahead},
    {message_edit, message_edit_ahead},
    {message_delete, message_delete_ahead},
    {reaction_put, reaction_ahead},
    {reaction_delete, reaction_ahead},
    {message_revisions, message_revisions},
    {message_reactions, message_reactions},
    {typing_post, typing_post},
};

http_handler *
routes_ahead(const struct http_route *route)
{
	for (size_t i = 0; i < ES_COUNT(aheads); i++)
		if (aheads[i].handler == route->handler)
			return aheads[i].ahead;
	return NULL;
}

/* The handlers that send/send_limits.c limits. */
static http_handler *const sends[] = {
    message_send, message_edit, message_delete, reaction_put, reaction_delete};

enum request_kind
routes_request_kind(const struct http_route *route)
{
	for (size_t i = 0; i < ES_COUNT(sends); i++)
		if (route->handler == sends[i])
			return REQUEST_UNCOUNTED;
	if (route->scope == SCOPE_PUBLIC || route->scope == SCOPE_OPERATOR)
		return REQUEST_UNCOUNTED;
	if (route->handler == channels_create || route->handler == users_create ||
	    route->handler == dms_open)
		return REQUEST_CREATION;
	return strcmp(route->method, "GET") == 0 ? REQUEST_READ : REQUEST_WRITE;
}

static void
routes_dump_keys(struct json_write *w, unsigned keys)
{
	jw_array(w, "keyScopes");
	for (size_t i = 0; i < KEY_SCOPES; i++)
		if ((keys & key_scope_names[i].scope) != 0)
			jw_string(w, NULL, key_scope_names[i].name);
	jw_array_end(w);
	jw_bool(w, "keyActsAsUser", (keys & KEY_AS_USER) != 0);
}

static void
routes_dump_router(struct json_write *w, const struct router *r)
{
	for (size_t i = 0; i < r->n; i++) {
		jw_object(w, NULL);
		jw_string(w, "method", r->routes[i].method);
		jw_string(w, "path", r->routes[i].path);
		jw_string(w, "scope", router_scope_name(r->routes[i].scope));
		routes_dump_keys(w, r->routes[i].keys);
		jw_string(w, "query", routes_query(&r->routes[i]));
		jw_bool(w, "body", routes_has_body(&r->routes[i]));
		jw_object_end(w);
	}
}

void
routes_dump(FILE *to)
{
	struct arena *a = arena_new();
	struct json_write w;
	struct text t;

	text_init(&t, a, 64UL * 1024);
	jw_init(&w, &t);
	jw_array(&w, NULL);
	routes_dump_router(&w, &api_router);
	routes_dump_router(&w, &health_router);
	jw_array_end(&w);
	(void)fprintf(to, "%s\n", t.data);
	arena_free(&a);
}
