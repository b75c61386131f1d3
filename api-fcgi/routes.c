#include "routes.h"

#include "handlers/handlers.h"

#include "core/banned.h"

#define V1      "/api/v1"
#define CHANNEL V1 "/channels/{channelId}"

static const struct http_route health_routes[] = {
    {"GET", "/healthz", SCOPE_PUBLIC, health_healthz},
    {"GET", "/readyz", SCOPE_PUBLIC, health_readyz},
    {"GET", "/metrics", SCOPE_PUBLIC, health_metrics},
    {"GET", "/version", SCOPE_PUBLIC, health_version},
};

static const struct http_route api_routes[] = {
    {"POST", V1 "/admin/tenants", SCOPE_OPERATOR, tenants_create},
    {"GET", V1 "/admin/tenants", SCOPE_OPERATOR, tenants_list},
    {"GET", V1 "/admin/tenants/{tenantId}", SCOPE_OPERATOR, tenants_get},
    {"PATCH", V1 "/admin/tenants/{tenantId}", SCOPE_OPERATOR, tenants_patch},
    {"POST", V1 "/admin/tenants/{tenantId}/suspend", SCOPE_OPERATOR, tenants_suspend},
    {"POST", V1 "/admin/tenants/{tenantId}/resume", SCOPE_OPERATOR, tenants_resume},

    {"GET", V1 "/users/me", SCOPE_USER, users_me},
    {"GET", V1 "/users", SCOPE_USER, users_list},
    {"POST", V1 "/users", SCOPE_ADMIN, users_create},
    {"GET", V1 "/users/{userId}", SCOPE_USER, users_get},
    {"PATCH", V1 "/users/{userId}", SCOPE_USER, users_patch},
    {"DELETE", V1 "/users/{userId}", SCOPE_ADMIN, users_delete},
    {"POST", V1 "/users/{userId}/deactivate", SCOPE_ADMIN, users_deactivate},
    {"POST", V1 "/users/{userId}/reactivate", SCOPE_ADMIN, users_reactivate},
    {"POST", V1 "/users/{userId}/tokens", SCOPE_ADMIN, user_tokens_create},

    {"POST", V1 "/auth/revoke", SCOPE_USER, auth_revoke},

    {"POST", V1 "/channels", SCOPE_MEMBER, channels_create},
    {"GET", V1 "/channels", SCOPE_USER, channels_list},
    {"GET", CHANNEL, SCOPE_USER, channels_get},
    {"PATCH", CHANNEL, SCOPE_USER, channels_patch},
    {"POST", CHANNEL "/archive", SCOPE_USER, channels_archive},
    {"POST", CHANNEL "/unarchive", SCOPE_USER, channels_unarchive},
    {"POST", CHANNEL "/join", SCOPE_USER, members_join},
    {"POST", CHANNEL "/leave", SCOPE_USER, members_leave},
    {"GET", CHANNEL "/members", SCOPE_USER, members_list},
    {"PUT", CHANNEL "/members/{userId}", SCOPE_USER, members_put},
    {"DELETE", CHANNEL "/members/{userId}", SCOPE_USER, members_delete},

    {"POST", CHANNEL "/messages", SCOPE_USER, message_send},
    {"GET", CHANNEL "/messages", SCOPE_USER, messages_list},
    {"GET", CHANNEL "/messages/{messageId}", SCOPE_USER, messages_get},
    {"GET", CHANNEL "/messages/by-client-id/{clientMessageId}", SCOPE_USER,
	messages_by_client_id},

    {"PUT", CHANNEL "/read", SCOPE_USER, read_put},
    {"POST", CHANNEL "/typing", SCOPE_USER, typing_post},
    {"GET", V1 "/presence", SCOPE_USER, presence_list},
    {"PUT", V1 "/presence", SCOPE_USER, presence_choose},
};

const struct router api_router = {api_routes, ES_COUNT(api_routes)};
const struct router health_router = {health_routes, ES_COUNT(health_routes)};

static void
dump(struct json_write *w, const struct router *r)
{
	for (size_t i = 0; i < r->n; i++) {
		jw_object(w, NULL);
		jw_string(w, "method", r->routes[i].method);
		jw_string(w, "path", r->routes[i].path);
		jw_string(w, "scope", scope_name(r->routes[i].scope));
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
	dump(&w, &api_router);
	dump(&w, &health_router);
	jw_array_end(&w);
	(void)fprintf(to, "%s\n", t.data);
	arena_free(&a);
}
