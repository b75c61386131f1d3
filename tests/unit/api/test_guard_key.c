/* The rights of an API key: each scope against each route, and the users for whom a key
 * acts. The database is a fake. */
#include <stdio.h>
#include <string.h>

#include "crypto/keyed_hash.h"
#include "cunit_main.h"
#include "guard/caller_hints.h"
#include "guard/guard.h"
#include "guard/guard_ahead.h"
#include "routes.h"
#include "store/api_key_bearer.h"

#include "core/banned.h"

#define KEY        "Bearer esk_key"
#define TENANT     "01900000-0000-7000-8000-000000000001"
#define BOT        "01900000-0000-7000-8000-00000000b001"
#define UPPER_CASE "01900000-0000-7000-8000-00000000AB0A"
#define LOWER_CASE "01900000-0000-7000-8000-00000000ab0a"
#define ALICE      "01900000-0000-7000-8000-00000000a001"
#define KEY_ID     "01900000-0000-7000-8000-00000000e001"
#define CH         "/api/v1/channels/{channelId}"

static const struct api_conf conf = {
    .operator_key = "operator-key-operator-key", .operator_key_old = ""};
static struct api api = {.conf = &conf};
static struct http_req req;
static struct es_err fault;
static struct arena *mem;
static struct api_key_bearer bearer;
static enum es_code database_says;
static char asked_for[ES_UUID_TEXT];
static char ahead_for[ES_UUID_TEXT];
static unsigned uses_noted;
static enum es_code note_says;

enum es_code
api_key_bearer_get(struct pg *pg, const char *key, const struct user_id *on_behalf,
    int64_t now_ms, struct arena *a, struct api_key_bearer *out, struct es_err *err)
{
	(void)pg, (void)now_ms, (void)a;
	CU_ASSERT_STRING_EQUAL(key, "esk_key");
	asked_for[0] = '\0';
	if (on_behalf != NULL)
		memcpy(asked_for, on_behalf->text, sizeof(asked_for));
	*out = bearer;
	return database_says == ES_OK ? ES_OK : es_fail(err, database_says, "no");
}

/* Notes for whom the request reads ahead. */
void
guard_ahead(struct api *server, struct http_req *r, const struct tenant_id *tenant,
    const struct user_id *user)
{
	(void)server, (void)r;
	CU_ASSERT_STRING_EQUAL(tenant->text, TENANT);
	memcpy(ahead_for, user->text, sizeof(ahead_for));
}

/* Keys read nothing ahead by these two. */
void
guard_ahead_principal(struct api *server, struct http_req *r,
    const struct tenant_id *tenant, const struct user_id *user, const char *jti)
{
	(void)server, (void)r, (void)tenant, (void)user, (void)jti;
	CU_FAIL("guard_ahead_principal");
}

void
guard_ahead_pause(struct api *server)
{
	(void)server;
	CU_FAIL("guard_ahead_pause");
}

enum es_code
api_key_bearer_use(struct pg *pg, const struct tenant_id *tenant, const struct uuid *id,
    struct arena *a, struct es_err *err)
{
	(void)pg, (void)a;
	CU_ASSERT_STRING_EQUAL(tenant->text, TENANT);
	CU_ASSERT_STRING_EQUAL(id->text, KEY_ID);
	uses_noted++;
	return note_says == ES_OK ? ES_OK : es_fail(err, note_says, "no");
}

/* Letters: m messages:write, c channels:manage, u users:manage, t tokens:mint, a admin; +
 * a user makes the call. This table repeats the one in routes.c on purpose. */
static const struct {
	const char *method, *path, *scopes;
} opens[] = {
    {"GET", "/api/v1/tenant", "mcuta"},
    {"PATCH", "/api/v1/tenant", "a"},
    {"GET", "/api/v1/users/me", "mcuta+"},
    {"GET", "/api/v1/users", "mcuta"},
    {"POST", "/api/v1/users", "ua"},
    {"GET", "/api/v1/users/{userId}", "mcuta"},
    {"PATCH", "/api/v1/users/{userId}", "ua"},
    {"DELETE", "/api/v1/users/{userId}", "ua"},
    {"POST", "/api/v1/users/{userId}/deactivate", "ua"},
    {"POST", "/api/v1/users/{userId}/reactivate", "ua"},
    {"POST", "/api/v1/users/{userId}/tokens", "ta"},
    {"POST", "/api/v1/api-keys", "a"},
    {"GET", "/api/v1/api-keys", "a"},
    {"DELETE", "/api/v1/api-keys/{keyId}", "a"},
    {"GET", "/api/v1/auth-keys", "a"},
    {"POST", "/api/v1/auth-keys", "a"},
    {"DELETE", "/api/v1/auth-keys/{kid}", "a"},
    {"POST", "/api/v1/auth/revoke", "uta"},
    {"POST", "/api/v1/ws/tickets", "mta+"},
    {"POST", "/api/v1/channels", "ca+"},
    {"GET", "/api/v1/channels", "mca"},
    {"POST", "/api/v1/dms", "mca+"},
    {"GET", "/api/v1/dms", "mca+"},
    {"PUT", "/api/v1/dms/{channelId}/hidden", "mca+"},
    {"GET", CH, "mca"},
    {"PATCH", CH, "ca+"},
    {"DELETE", CH, "ca+"},
    {"POST", CH "/archive", "ca+"},
    {"POST", CH "/unarchive", "ca+"},
    {"POST", CH "/take-over", "ca+"},
    {"POST", CH "/join", "mca+"},
    {"POST", CH "/leave", "mca+"},
    {"GET", CH "/members", "mca"},
    {"PUT", CH "/members/{userId}", "ca+"},
    {"DELETE", CH "/members/{userId}", "ca+"},
    {"GET", CH "/bans", "ca"},
    {"PUT", CH "/bans/{userId}", "ca+"},
    {"DELETE", CH "/bans/{userId}", "ca"},
    {"POST", CH "/messages", "ma+"},
    {"GET", CH "/messages", "ma+"},
    {"GET", CH "/messages/{messageId}", "ma+"},
    {"PATCH", CH "/messages/{messageId}", "ma+"},
    {"DELETE", CH "/messages/{messageId}", "ma+"},
    {"GET", CH "/messages/{messageId}/revisions", "ma+"},
    {"GET", CH "/messages/{messageId}/reactions", "ma+"},
    {"PUT", CH "/messages/{messageId}/reactions/{emoji}", "ma+"},
    {"DELETE", CH "/messages/{messageId}/reactions/{emoji}", "ma+"},
    {"GET", CH "/messages/by-client-id/{clientMessageId}", "ma+"},
    {"GET", CH "/messages/{messageId}/readers", "ma+"},
    {"GET", "/api/v1/unread", "ma+"},
    {"PUT", CH "/read", "ma+"},
    {"POST", CH "/typing", "ma+"},
    {"GET", "/api/v1/presence", "mcuta"},
    {"PUT", "/api/v1/presence", "ma+"},
    {"POST", "/api/v1/presence/query", "mcuta"},
};

static const char *
opened_by(const struct http_route *route)
{
	for (size_t i = 0; i < ES_COUNT(opens); i++)
		if (strcmp(opens[i].method, route->method) == 0 &&
		    strcmp(opens[i].path, route->path) == 0)
			return opens[i].scopes;
	return strncmp(route->path, "/api/v1/admin/", 14) == 0 ? "" : NULL;
}

static void
begin(unsigned scopes, enum api_key_user user, const char *role)
{
	keyed_hash_draw();
	caller_hints_free(&api.hints);
	mem = arena_new();
	database_says = note_says = ES_OK;
	uses_noted = 0;
	bearer = (struct api_key_bearer){.id = {KEY_ID},
	    .name = "shop",
	    .scopes = scopes,
	    .user = user,
	    .principal = {.actor = {.tenant = {TENANT},
			      .user = {ACTOR_NOBODY},
			      .role = role,
			      .display_name = "Bot"}}};
	if (user != API_KEY_NOBODY && user != API_KEY_UNKNOWN)
		memcpy(bearer.principal.actor.user.text, BOT, ES_UUID_TEXT);
	bearer.is_own_bot = user == API_KEY_ACTIVE;
}

static enum es_code
check(const struct http_route *route, const char *on_behalf)
{
	req = (struct http_req){
	    .arena = mem, .headers = {.authorization = KEY, .on_behalf_of = on_behalf}};
	fault = (struct es_err){0};
	ahead_for[0] = '\0';
	return guard_check(&api, route, &req, &fault);
}

/* Names the route. CU_FAIL() can't name it, because it prints the source text of its
 * argument. */
static void
wrong(const struct http_route *route, const char *what)
{
	printf("\n  %s %s: %s\n", route->method, route->path, what);
	CU_FAIL("the route above");
}

static void
each_scope_against_each_route(void)
{
	static const char letters[] = "mcuta";

	for (size_t i = 0; i < api_router.n; i++) {
		const struct http_route *route = &api_router.routes[i];
		const char *good = opened_by(route);

		if (good == NULL) {
			wrong(route, "add the route to the table above");
			continue;
		}
		for (size_t s = 0; s < KEY_SCOPES; s++) {
			const enum es_code want =
			    strchr(good, letters[s]) != NULL ? ES_OK : ES_FORBIDDEN;

			begin(1U << s, API_KEY_ACTIVE, "bot");
			if (check(route, NULL) != want)
				wrong(route, "letters here, scopes in routes.c");
			arena_free(&mem);
		}
		begin(KEY_ANY, API_KEY_NOBODY, "");
		if (check(route, NULL) !=
		    (*good == '\0' || strchr(good, '+') != NULL ? ES_FORBIDDEN : ES_OK))
			wrong(route, "+ here, KEY_AS_USER in routes.c");
		arena_free(&mem);
	}
}

static void
no_key_opens_the_operators_routes(void)
{
	begin(KEY_ANY, API_KEY_ACTIVE, "bot");
	CU_ASSERT_EQUAL(check(&api_router.routes[0], NULL), ES_FORBIDDEN);
	database_says = ES_UNAUTHENTICATED;
	CU_ASSERT_EQUAL(check(&api_router.routes[0], NULL), ES_UNAUTHENTICATED);
	arena_free(&mem);
}

static void
database_refusals(void)
{
	static const enum es_code codes[] = {ES_UNAUTHENTICATED, ES_TOKEN_EXPIRED,
	    ES_TOKEN_REVOKED, ES_TENANT_SUSPENDED, ES_UNAVAILABLE};
	const struct http_route route = {.scope = SCOPE_USER, .keys = KEY_ANY};

	begin(KEY_ANY, API_KEY_ACTIVE, "bot");
	for (size_t i = 0; i < ES_COUNT(codes); i++) {
		database_says = codes[i];
		CU_ASSERT_EQUAL(check(&route, NULL), codes[i]);
		CU_ASSERT_STRING_EQUAL(req.key.id.text, "");
	}
	arena_free(&mem);
}

static void
a_key_acts_with_the_rights_of_its_user(void)
{
	static const struct {
		unsigned scopes;
		enum api_key_user user;
		const char *role;
		enum es_code want;
	} rows[] = {
	    {KEY_MESSAGES | KEY_TOKENS, API_KEY_ACTIVE, "member", ES_OK},
	    {KEY_MESSAGES | KEY_TOKENS, API_KEY_ACTIVE, "admin", ES_OK},
	    {KEY_MESSAGES, API_KEY_ACTIVE, "member", ES_FORBIDDEN},
	    {KEY_TOKENS, API_KEY_ACTIVE, "member", ES_FORBIDDEN},
	    {KEY_MESSAGES | KEY_TOKENS, API_KEY_ACTIVE, "owner", ES_FORBIDDEN},
	    {KEY_ADMIN, API_KEY_ACTIVE, "owner", ES_OK},
	    {KEY_MESSAGES | KEY_TOKENS, API_KEY_UNKNOWN, "", ES_FORBIDDEN},
	    {KEY_MESSAGES | KEY_TOKENS, API_KEY_DEACTIVATED, "member", ES_FORBIDDEN},
	};
	const struct http_route route = {
	    .scope = SCOPE_USER, .keys = KEY_MESSAGES | KEY_AS_USER};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		begin(rows[i].scopes, rows[i].user, rows[i].role);
		bearer.is_own_bot = false;
		CU_ASSERT_EQUAL(check(&route, ALICE), rows[i].want);
		CU_ASSERT_STRING_EQUAL(asked_for, ALICE);
		if (rows[i].want == ES_OK) /* the rights of the user, never more */
			CU_ASSERT_STRING_EQUAL(req.who.actor.role, rows[i].role);
		arena_free(&mem);
	}
	begin(KEY_MESSAGES | KEY_TOKENS, API_KEY_ACTIVE, "member");
	bearer.is_own_bot = false;
	CU_ASSERT_EQUAL(check(&route, UPPER_CASE), ES_OK);
	CU_ASSERT_STRING_EQUAL(asked_for, LOWER_CASE);
	arena_free(&mem);
	begin(KEY_MESSAGES | KEY_TOKENS, API_KEY_UNKNOWN, "");
	CU_ASSERT_EQUAL(check(&route, "not an id"), ES_FORBIDDEN);
	CU_ASSERT_STRING_EQUAL(asked_for, ACTOR_NOBODY);
	CU_ASSERT_STRING_EQUAL(fault.field, ":X-On-Behalf-Of");
	arena_free(&mem);
	/* X-On-Behalf-Of names the key's own bot */
	begin(KEY_MESSAGES, API_KEY_ACTIVE, "bot");
	CU_ASSERT_EQUAL(check(&route, BOT), ES_OK);
	arena_free(&mem);
}

static void
without_a_user_the_scopes_decide_the_role(void)
{
	static const struct {
		unsigned scopes, keys;
		enum api_key_user user;
		const char *role;
	} rows[] = {
	    {KEY_MESSAGES, KEY_MESSAGES, API_KEY_ACTIVE, "bot"},
	    {KEY_MESSAGES, KEY_ANY, API_KEY_NOBODY, "member"},
	    {KEY_CHANNELS, KEY_CHANNELS, API_KEY_ACTIVE, "admin"},
	    {KEY_CHANNELS | KEY_MESSAGES, KEY_MESSAGES, API_KEY_ACTIVE, "bot"},
	    {KEY_USERS, KEY_USERS, API_KEY_NOBODY, "admin"},
	    {KEY_USERS, KEY_ANY, API_KEY_NOBODY, "admin"},
	    {KEY_CHANNELS, KEY_ANY, API_KEY_NOBODY, "member"},
	    {KEY_TOKENS, KEY_TOKENS, API_KEY_NOBODY, "admin"},
	    {KEY_ADMIN, KEY_USERS, API_KEY_NOBODY, "owner"},
	    {KEY_ADMIN, KEY_MESSAGES, API_KEY_ACTIVE, "owner"},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct http_route route = {
		    .scope = SCOPE_USER, .keys = rows[i].keys};

		begin(rows[i].scopes, rows[i].user,
		    rows[i].user == API_KEY_ACTIVE ? "bot" : "");
		CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
		CU_ASSERT_STRING_EQUAL(req.who.actor.role, rows[i].role);
		CU_ASSERT_STRING_EQUAL(req.key.id.text, KEY_ID);
		CU_ASSERT_STRING_EQUAL(asked_for, "");
		arena_free(&mem);
	}
}

static void
the_last_use_is_recorded(void)
{
	const struct http_route route = {.scope = SCOPE_USER, .keys = KEY_ANY};

	begin(KEY_USERS, API_KEY_NOBODY, "");
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_EQUAL(uses_noted, 0);
	bearer.use_is_old = true;
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_EQUAL(uses_noted, 1);
	note_says = ES_UNAVAILABLE; /* does not refuse the request */
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_EQUAL(uses_noted, 2);
	arena_free(&mem);
}

/* Reads ahead for the user of the last request with the same key and header. */
static void
the_second_request_reads_ahead(void)
{
	const struct http_route route = {.scope = SCOPE_USER, .keys = KEY_ANY};

	begin(KEY_ADMIN, API_KEY_ACTIVE, "bot");
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(ahead_for, "");
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(ahead_for, BOT);
	/* the header may name another user */
	CU_ASSERT_EQUAL(check(&route, KEY_ID), ES_OK);
	CU_ASSERT_STRING_EQUAL(ahead_for, "");
	/* a key that was refused is not remembered */
	arena_free(&mem);
	begin(KEY_ADMIN, API_KEY_ACTIVE, "bot");
	database_says = ES_UNAUTHENTICATED;
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(check(&route, NULL), ES_UNAUTHENTICATED);
		CU_ASSERT_STRING_EQUAL(ahead_for, "");
	}

	/* the key has got another user: the next request reads for that one */
	database_says = ES_OK;
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	memcpy(bearer.principal.actor.user.text, KEY_ID, ES_UUID_TEXT);
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(ahead_for, BOT);
	CU_ASSERT_EQUAL(check(&route, NULL), ES_OK);
	CU_ASSERT_STRING_EQUAL(ahead_for, KEY_ID);
	caller_hints_free(&api.hints);
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"each scope against each route", each_scope_against_each_route},
    {"no key opens the operator's routes", no_key_opens_the_operators_routes},
    {"a refusal of the database is passed on", database_refusals},
    {"a key acts with the rights of its user", a_key_acts_with_the_rights_of_its_user},
    {"without a user the scopes decide the role",
	without_a_user_the_scopes_decide_the_role},
    {"the last use is recorded", the_last_use_is_recorded},
    {"the second request reads ahead", the_second_request_reads_ahead},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/guard_key", cases)
