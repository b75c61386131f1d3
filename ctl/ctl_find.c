#include "ctl_find.h"

#include <string.h>
#include <strings.h>

#include "conf/conf_common.h"
#include "core/clock.h"
#include "store/tenant_store.h"
#include "store/user_store.h"

#include "core/banned.h"

static void
ctl_find_close_pg(void *pg)
{
	struct pg *open = pg;

	pg_close(&open);
}

struct pg *
ctl_find_database(const struct ctl *c)
{
	const struct pg_settings settings = {.url = c->conf.database_url,
	    .application_name = "echostreamctl",
	    .connect_timeout_ms = c->opt.timeout_ms,
	    .statement_timeout_ms = c->opt.timeout_ms,
	    .pooled = conf_pooled(c->conf.database_pooler)};
	struct es_err err;
	struct pg *pg;

	if (!ctl_needs(c, c->conf.database_url, "ES_DATABASE_URL"))
		return NULL;
	if (pg_open(&settings, &pg, &err) != ES_OK) {
		(void)ctl_fail(c, "%s", err.text);
		return NULL;
	}
	arena_defer(c->arena, ctl_find_close_pg, pg);
	return pg;
}

bool
ctl_find_tenant(const struct ctl *c, const char *text, struct tenant_id *out)
{
	struct tenant_page page = {.more = true};
	struct pg *pg;
	struct es_err err;

	if (tenant_id_parse(text, out, &err) == ES_OK)
		return true;
	pg = ctl_find_database(c);
	while (pg != NULL && page.more) {
		const struct tenant_id *after =
		    page.n > 0 ? &page.items[page.n - 1].id : NULL;

		if (tenant_store_list(pg, after, STORE_LIST_MAX, c->arena, &page, &err) !=
		    ES_OK) {
			(void)ctl_fail(c, "tenants: %s", err.text);
			return false;
		}
		for (size_t i = 0; i < page.n; i++)
			if (strcasecmp(page.items[i].name, text) == 0) {
				*out = page.items[i].id;
				return true;
			}
	}
	if (pg != NULL)
		(void)ctl_fail(c, "unknown tenant: %s", text);
	return false;
}

static bool
ctl_find_is_user(const struct user *u, const char *text)
{
	const size_t local = strcspn(u->email, "@");

	return strcasecmp(u->email, text) == 0 ||
	       strcasecmp(u->display_name, text) == 0 ||
	       (strlen(text) == local && strncasecmp(u->email, text, local) == 0);
}

static bool
ctl_find_is_owner(const struct user *u, const char *text)
{
	(void)text;
	return strcmp(u->role, "owner") == 0 && strcmp(u->status, "active") == 0;
}

/* Returns the number of matches, and the first one in out. */
static int
ctl_find_scan_users(const struct ctl *c, struct pg *pg, const struct tenant_id *tenant,
    bool (*match)(const struct user *u, const char *text), const char *text,
    struct user_id *out)
{
	const struct actor who = {.tenant = *tenant};
	const struct user_filter all = {0};
	struct user_page page = {.more = true};
	struct es_err err;
	int found = 0;

	while (page.more) {
		const struct user_id *after =
		    page.n > 0 ? &page.items[page.n - 1].id : NULL;

		if (user_store_list(pg, &who, &all, after, STORE_LIST_MAX, c->arena,
			&page, &err) != ES_OK) {
			(void)ctl_fail(c, "users: %s", err.text);
			return -1;
		}
		for (size_t i = 0; i < page.n; i++)
			if (match(&page.items[i], text) && found++ == 0)
				*out = page.items[i].id;
	}
	return found;
}

bool
ctl_find_user(const struct ctl *c, const struct tenant_id *tenant, const char *text,
    struct user_id *out)
{
	struct es_err err;
	struct pg *pg;
	int found;

	if (user_id_parse(text, out, &err) == ES_OK)
		return true;
	pg = ctl_find_database(c);
	if (pg == NULL)
		return false;
	found = ctl_find_scan_users(c, pg, tenant, ctl_find_is_user, text, out);
	if (found == 0)
		(void)ctl_fail(c, "unknown user: %s", text);
	if (found > 1)
		(void)ctl_fail(c, "%d users have the name %s; give the e-mail or the id",
		    found, text);
	return found == 1;
}

bool
ctl_find_owner(const struct ctl *c, const struct tenant_id *tenant, struct user_id *out)
{
	struct pg *pg = ctl_find_database(c);
	int found;

	if (pg == NULL)
		return false;
	found = ctl_find_scan_users(c, pg, tenant, ctl_find_is_owner, NULL, out);
	if (found == 0)
		(void)ctl_fail(c, "the tenant has no active owner");
	return found > 0;
}

struct token_rules
ctl_token_rules(const struct ctl *c, struct token_key *key)
{
	*key = (struct token_key){
	    .kid = c->conf.jwt_kid, .alg = TOKEN_HS256, .verify = c->conf.jwt_secret};
	return (struct token_rules){.keys = key,
	    .n_keys = 1,
	    .issuer = c->conf.jwt_issuer,
	    .audience = c->conf.jwt_audience,
	    .leeway_s = c->conf.jwt_leeway_s};
}

bool
ctl_mint(const struct ctl *c, const struct tenant_id *tenant, const struct user_id *user,
    int64_t ttl_s, const char **out)
{
	struct token_key key;
	const struct token_rules rules = ctl_token_rules(c, &key);
	struct es_err err;

	if (!ctl_needs(c, c->conf.jwt_secret, "ES_JWT_SECRET to sign a token"))
		return false;
	if (token_mint(&rules, tenant, user, clock_wall_ms() / 1000, ttl_s, c->arena, out,
		&err) == ES_OK)
		return true;
	(void)ctl_fail(c, "%s", err.text);
	return false;
}

int
ctl_find_token(const struct ctl *c, bool owner, const char **out, bool *fresh)
{
	const bool dev = *c->conf.dev_dir != '\0';
	const bool asked = c->opt.as != NULL || c->opt.tenant != NULL;
	const char *tenant_text = c->opt.tenant != NULL ? c->opt.tenant : c->conf.tenant;
	const char *as = c->opt.as;
	struct tenant_id tenant;
	struct user_id user;

	if (fresh != NULL)
		*fresh = false;
	if (c->opt.token != NULL || (!asked && *c->conf.token != '\0')) {
		*out = c->opt.token != NULL ? c->opt.token : c->conf.token;
		return -1;
	}
	if (*tenant_text == '\0' && dev)
		tenant_text = "acme";
	if (as == NULL && !owner && dev && strcasecmp(tenant_text, "acme") == 0)
		as = "alice";
	if (*tenant_text == '\0' || (as == NULL && !owner))
		return ctl_usage(c, "missing option: --token TOKEN, or --as USER "
				    "--tenant TENANT; or set ES_TOKEN");
	if (fresh != NULL)
		*fresh = true;
	return ctl_find_tenant(c, tenant_text, &tenant) &&
	               (as != NULL ? ctl_find_user(c, &tenant, as, &user)
				   : ctl_find_owner(c, &tenant, &user)) &&
	               ctl_mint(c, &tenant, &user, c->conf.token_ttl_s, out)
	           ? -1
	           : CTL_FAILED;
}
