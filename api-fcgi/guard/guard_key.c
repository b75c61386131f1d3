#include "guard/guard_key.h"

#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "guard/caller_hints.h"
#include "guard/guard_ahead.h"
#include "store/api_key_bearer.h"

#include "core/banned.h"

#define ON_BEHALF ":X-On-Behalf-Of"

/* Fails with the names of the scopes, any of which would open the route. */
static enum es_code
guard_key_fail_scope(
    const struct http_route *route, const struct http_req *req, struct es_err *err)
{
	struct text names;

	if ((route->keys & KEY_ANY) == 0)
		return es_fail(err, ES_FORBIDDEN, "API keys may not do this");
	text_init(&names, req->arena, 200);
	for (size_t i = 0; i < KEY_SCOPES; i++)
		if ((route->keys & key_scope_names[i].scope) != 0)
			text_addf(&names, "%s%s", names.len > 0 ? " or " : "",
			    key_scope_names[i].name);
	return es_fail(err, ES_FORBIDDEN, "only an API key with the scope %s may do this",
	    names.data);
}

static bool
guard_key_has_scope(const struct http_route *route, unsigned scopes)
{
	const unsigned wanted = route->keys & KEY_ANY;

	return wanted != 0 && (scopes & (wanted | KEY_ADMIN)) != 0;
}

/* A key that acts for a user can do what a token of that user can do. It therefore needs
 * the scopes that minting such a token needs: tokens:mint, or admin when the user is an
 * owner. */
static enum es_code
guard_key_check_on_behalf(const struct api_key_bearer *key, struct es_err *err)
{
	if (key->is_own_bot)
		return ES_OK;
	if ((key->scopes & (KEY_TOKENS | KEY_ADMIN)) == 0)
		return es_fail_field(err, ES_FORBIDDEN, ON_BEHALF,
		    "acting for a user takes an API key with the scope tokens:mint");
	if (key->user == API_KEY_UNKNOWN)
		return es_fail_field(err, ES_FORBIDDEN, ON_BEHALF, "no such user");
	if (key->user == API_KEY_DEACTIVATED)
		return es_fail_field(
		    err, ES_FORBIDDEN, ON_BEHALF, "the user is deactivated or deleted");
	if (strcmp(key->principal.actor.role, "owner") == 0 &&
	    (key->scopes & KEY_ADMIN) == 0)
		return es_fail_field(err, ES_FORBIDDEN, ON_BEHALF,
		    "acting for an owner takes an API key with the scope admin");
	return ES_OK;
}

/* The role of a key that acts for no other user: owner with the scope admin; admin when a
 * scope of the key that opens this route manages something; otherwise the role of its
 * bot, or member without a bot. On a route that any scope opens (users, presence), only
 * the scopes that concern users make the key an admin, who sees more there. */
static const char *
guard_key_role(const struct http_route *route, const struct api_key_bearer *key)
{
	const unsigned manages = (route->keys & KEY_ANY) == KEY_ANY
	                             ? KEY_USERS | KEY_TOKENS
	                             : KEY_CHANNELS | KEY_USERS | KEY_TOKENS;

	if ((key->scopes & KEY_ADMIN) != 0)
		return "owner";
	if ((key->scopes & route->keys & manages) != 0)
		return "admin";
	return key->user == API_KEY_ACTIVE ? key->principal.actor.role : "member";
}

/* Records the time of the last use, which GET /api-keys shows. A failure is logged and
 * does not fail the request. */
static void
guard_key_note_use(
    struct api *api, const struct http_req *req, const struct api_key_bearer *key)
{
	struct es_err err;

	if (key->use_is_old && api_key_bearer_use(api->pg, &key->principal.actor.tenant,
				   &key->id, req->arena, &err) != ES_OK)
		log_warn("last use of an API key not stored",
		    LOG_STR("rid", req->request_id), LOG_ERR_FIELDS(&err));
}

static enum es_code
guard_key_check_rights(const struct http_route *route, const struct http_req *req,
    const struct api_key_bearer *key, bool on_behalf, struct es_err *err)
{
	if (!guard_key_has_scope(route, key->scopes))
		return guard_key_fail_scope(route, req, err);
	if (on_behalf)
		return guard_key_check_on_behalf(key, err);
	if (key->user == API_KEY_NOBODY && (route->keys & KEY_AS_USER) != 0)
		return es_fail_field(err, ES_FORBIDDEN, ON_BEHALF,
		    "only a user may do this: name one in this header, or bind the API "
		    "key to a bot "
		    "user");
	return ES_OK;
}

enum es_code
guard_key_check(struct api *api, const struct http_route *route, struct http_req *req,
    const char *text, struct es_err *err)
{
	const char *header = req->headers.on_behalf_of;
	const struct caller_text caller = {text, header};
	struct user_id user, last_user;
	struct tenant_id last_tenant;
	struct api_key_bearer key;

	if (!uuid_take(header, user.text)) /* no user has a malformed id */
		memcpy(user.text, ACTOR_NOBODY, sizeof(user.text));
	if (caller_hints_find(api->hints, caller, &last_tenant, &last_user))
		guard_ahead(api, req, &last_tenant, &last_user);
	TRY(api_key_bearer_get(api->pg, text, header != NULL ? &user : NULL,
	    clock_wall_ms(), req->arena, &key, err));
	caller_hints_put(
	    &api->hints, caller, &key.principal.actor.tenant, &key.principal.actor.user);
	TRY(guard_key_check_rights(route, req, &key, header != NULL, err));
	guard_key_note_use(api, req, &key);
	if (header == NULL || key.is_own_bot)
		key.principal.actor.role = guard_key_role(route, &key);
	if (key.user == API_KEY_NOBODY)
		key.principal.actor.display_name = key.name;
	req->who = key.principal;
	req->key = (struct http_key){
	    .id = key.id, .scopes = key.scopes, .expires_ms = key.expires_ms};
	return ES_OK;
}
