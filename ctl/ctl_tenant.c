/* echostreamctl tenant: creates and lists tenants through the REST API, with the operator
 * key. */
#include <stdio.h>
#include <string.h>

#include "json/json_write.h"

#include "ctl_print.h"

#include "core/banned.h"

#define PATH "/api/v1/admin/tenants"

static int
ctl_tenant_create(struct ctl *c)
{
	struct ctl_answer answer;
	struct json_write w;
	struct text body;

	if (c->opt.admin_email == NULL)
		return ctl_usage(c, "missing option: --admin-email EMAIL");
	if (!ctl_needs(c, c->conf.operator_key, "ES_OPERATOR_KEY"))
		return CTL_CONFIG;
	text_init(&body, c->arena, 1 << 16);
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_string(&w, "name", c->words[0]);
	jw_string(&w, "adminEmail", c->opt.admin_email);
	jw_string(&w, "adminDisplayName",
	    c->opt.admin_name != NULL ? c->opt.admin_name : c->opt.admin_email);
	jw_object_end(&w);
	if (!ctl_rest_2xx(c, c->conf.operator_key, "POST", PATH, body.data, &answer))
		return CTL_FAILED;
	if (c->opt.json) {
		(void)puts(answer.body);
		return CTL_OK;
	}
	(void)printf("tenant  %s\nadmin   %s\ntoken   %s\n",
	    ctl_member(c, answer.body, "tenantId"),
	    ctl_member(c, ctl_member(c, answer.body, "admin"), "userId"),
	    ctl_member(c, answer.body, "token"));
	ctl_note(c, "the token is shown only once");
	return CTL_OK;
}

static int
ctl_tenant_list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
	    {"tenantId", "ID", 36},
	    {"status", "STATUS", 9},
	    {"maxMessagesPerSecond", "MSG/S", 8},
	    {"createdAt", "CREATED", 24},
	    {"name", "NAME", 0},
	};
	struct ctl_list all;

	if (!ctl_needs(c, c->conf.operator_key, "ES_OPERATOR_KEY"))
		return CTL_CONFIG;
	if (!ctl_rest_list(c, c->conf.operator_key, PATH, "tenants", &all))
		return CTL_FAILED;
	return ctl_print_list(c, &all, columns, ES_COUNT(columns));
}

static int
ctl_tenant_run_create(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "tenant create", "admin-email admin-name", 1, 1, "NAME", ctl_tenant_create};

	return ctl_run(&spec, argc, argv);
}

static int
ctl_tenant_run_list(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "tenant list", "", 0, 0, NULL, ctl_tenant_list};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"create", "NAME --admin-email E [--admin-name N]",
	"create a tenant and its first owner; prints the owner's token, once",
	ctl_tenant_run_create},
    {"list", "", "list all tenants", ctl_tenant_run_list},
};

const struct ctl_noun ctl_tenant = {"tenant", verbs, ES_COUNT(verbs)};
