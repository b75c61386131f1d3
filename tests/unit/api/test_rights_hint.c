/* The hints to push-servers when REST changes a user or a tenant. The stores and the
 * announcement are fakes. */
#include <string.h>

#include "cunit_main.h"
#include "env/announce.h"
#include "handlers/handlers.h"
#include "store/tenant_store.h"
#include "store/user_store.h"

#include "core/banned.h"

#define TENANT "01900000-0000-7000-8000-000000000001"
#define ADMIN  "01900000-0000-7000-8000-00000000a001"
#define BOB    "01900000-0000-7000-8000-00000000a002"

static struct control told;
static unsigned n_told;
static unsigned users_gone, tenants_gone;
static size_t events_told;
static struct user user;
static struct tenant tenant;
static enum es_code store_says;
static struct arena *mem;

void
announce_acl(struct api *api, const struct http_req *req, const struct control *change)
{
	(void)api, (void)req;
	told = *change;
	n_told++;
}

void
announce_event(struct api *api, const struct http_req *req, struct event *event)
{
	(void)api, (void)req, (void)event;
}

void
announce_events(struct api *api, const struct http_req *req, struct event_list *events)
{
	(void)api, (void)req;
	events_told += events->n;
}

void
announce_user_offline(
    struct api *api, const struct http_req *req, const struct user_id *id)
{
	(void)api, (void)req;
	CU_ASSERT_STRING_EQUAL(id->text, BOB);
	users_gone++;
}

void
announce_tenant_offline(
    struct api *api, const struct http_req *req, const struct tenant_id *id)
{
	(void)api, (void)req;
	CU_ASSERT_STRING_EQUAL(id->text, TENANT);
	tenants_gone++;
}

static enum es_code
give_user(struct user *out, struct es_err *err)
{
	*out = user;
	return store_says == ES_OK ? ES_OK : es_fail(err, store_says, "refused");
}

static enum es_code
give_tenant(struct tenant *out, struct es_err *err)
{
	*out = tenant;
	return store_says == ES_OK ? ES_OK : es_fail(err, store_says, "refused");
}

enum es_code
user_store_patch(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_patch *patch, struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a, (void)patch;
	CU_ASSERT_STRING_EQUAL(id->text, BOB);
	return give_user(out, err);
}

enum es_code
user_store_deactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	CU_ASSERT_STRING_EQUAL(id->text, BOB);
	return give_user(out, err);
}

enum es_code
user_store_delete(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	return user_store_deactivate(pg, who, id, a, out, err);
}

enum es_code
user_store_reactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	return user_store_deactivate(pg, who, id, a, out, err);
}

/* The other functions of the stores. The linker needs them, but the test does not call
 * them. */
enum es_code
user_store_get(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)id, (void)a;
	return give_user(out, err);
}

enum es_code
user_store_list(struct pg *pg, const struct actor *who, const struct user_filter *filter,
    const struct user_id *after, int64_t limit, struct arena *a, struct user_page *out,
    struct es_err *err)
{
	(void)pg, (void)who, (void)filter, (void)after, (void)limit, (void)a, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

enum es_code
user_store_create(struct pg *pg, const struct actor *who, const struct user_new *in,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)who, (void)in, (void)a;
	return give_user(out, err);
}

enum es_code
tenant_store_create(struct pg *pg, const struct tenant_new *in, struct arena *a,
    struct tenant *out, struct user_id *admin, struct es_err *err)
{
	(void)pg, (void)in, (void)a, (void)admin;
	return give_tenant(out, err);
}

enum es_code
tenant_store_get(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	(void)pg, (void)id, (void)a;
	return give_tenant(out, err);
}

enum es_code
tenant_store_list(struct pg *pg, const struct tenant_id *after, int64_t limit,
    struct arena *a, struct tenant_page *out, struct es_err *err)
{
	(void)pg, (void)after, (void)limit, (void)a, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

enum es_code
tenant_store_patch(struct pg *pg, const struct tenant_id *id,
    const struct tenant_patch *patch, struct arena *a, struct tenant *out,
    struct es_err *err)
{
	(void)pg, (void)id, (void)a, (void)patch;
	return give_tenant(out, err);
}

enum es_code
tenant_store_suspend(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	(void)pg, (void)id, (void)a;
	return give_tenant(out, err);
}

enum es_code
tenant_store_resume(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	(void)pg, (void)id, (void)a;
	return give_tenant(out, err);
}

typedef enum es_code handler(
    struct api *, const struct http_req *, struct http_res *, struct es_err *);

static void
begin(void)
{
	mem = arena_new();
	n_told = 0;
	told = (struct control){0};
	store_says = ES_OK;
	user = (struct user){.id = {BOB},
	    .email = "bob@example.test",
	    .display_name = "Bob",
	    .role = "member",
	    .status = "active"};
	tenant = (struct tenant){.id = {TENANT},
	    .name = "acme",
	    .status = "active",
	    .settings = "{}",
	    .acl_version = 4};
}

static enum es_code
call(handler *fn, const char *param, const char *json)
{
	struct json_faults faults;
	const struct http_req req = {.arena = mem,
	    .faults = &faults,
	    .body = json,
	    .body_len = strlen(json),
	    .params = {param},
	    .headers = {.content_type = "application/json"},
	    .who = {.actor = {.tenant = {TENANT}, .user = {ADMIN}, .role = "owner"}}};
	struct api api = {0};
	struct http_res res;
	struct es_err err;

	http_res_init(&res, mem);
	return fn(&api, &req, &res, &err);
}

static void
names_the_user(int64_t version)
{
	CU_ASSERT_EQUAL(n_told, 1);
	CU_ASSERT_STRING_EQUAL(told.tenant.text, TENANT);
	CU_ASSERT_TRUE(told.names_user);
	CU_ASSERT_STRING_EQUAL(told.user.text, BOB);
	CU_ASSERT_EQUAL(told.acl_version, version);
	n_told = 0;
}

static void
a_deactivated_user_is_named(void)
{
	begin();
	user.acl_version = 9;
	user.handed_on.n = 2; /* channels that the user owned */
	events_told = 0;
	CU_ASSERT_EQUAL(call(users_deactivate, BOB, ""), ES_OK);
	names_the_user(9);
	CU_ASSERT_EQUAL(events_told, 2);
	CU_ASSERT_EQUAL(users_gone, 1);
	store_says = ES_FORBIDDEN;
	CU_ASSERT_EQUAL(call(users_deactivate, BOB, ""), ES_FORBIDDEN);
	CU_ASSERT_EQUAL(n_told, 0);
	CU_ASSERT_EQUAL(users_gone, 1);
	arena_free(&mem);
}

static void
a_deleted_user_is_named(void)
{
	begin();
	users_gone = 0;
	user.acl_version = 9;
	CU_ASSERT_EQUAL(call(users_delete, BOB, ""), ES_OK);
	names_the_user(9);
	CU_ASSERT_EQUAL(users_gone, 1);
	CU_ASSERT_EQUAL(call(users_reactivate, BOB, ""), ES_OK);
	names_the_user(9);
	CU_ASSERT_EQUAL(users_gone, 1);
	arena_free(&mem);
}

static void
a_patched_user_is_named_where_a_socket_shows_it(void)
{
	begin();
	user.acl_version = 9;
	CU_ASSERT_EQUAL(call(users_patch, BOB, "{\"role\":\"guest\"}"), ES_OK);
	names_the_user(9);
	user.acl_version = 0; /* no right has changed */
	CU_ASSERT_EQUAL(call(users_patch, BOB, "{\"displayName\":\"Bobby\"}"), ES_OK);
	names_the_user(0);
	CU_ASSERT_EQUAL(call(users_patch, BOB, "{\"email\":\"b@example.test\"}"), ES_OK);
	CU_ASSERT_EQUAL(call(users_patch, BOB, "{}"), ES_OK);
	CU_ASSERT_EQUAL(n_told, 0);
	arena_free(&mem);
}

static void
a_tenants_change_is_told_with_its_version(void)
{
	handler *const verbs[] = {tenants_suspend, tenants_resume, tenants_patch};

	begin();
	for (size_t i = 0; i < ES_COUNT(verbs); i++) {
		n_told = 0;
		CU_ASSERT_EQUAL(call(verbs[i], TENANT, "{}"), ES_OK);
		CU_ASSERT_EQUAL(n_told, 1);
		CU_ASSERT_STRING_EQUAL(told.tenant.text, TENANT);
		CU_ASSERT_FALSE(told.names_user);
		CU_ASSERT_EQUAL(told.acl_version, 4);
	}
	CU_ASSERT_EQUAL(tenants_gone, 1); /* the suspended tenant */
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"a hint names a deactivated user", a_deactivated_user_is_named},
    {"a hint names a deleted user, and a reactivated one", a_deleted_user_is_named},
    {"a hint names a patched user when sockets show the change",
	a_patched_user_is_named_where_a_socket_shows_it},
    {"the hint of a changed tenant has the new acl_version",
	a_tenants_change_is_told_with_its_version},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/rights_hint", cases)
