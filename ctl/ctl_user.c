/* echostreamctl user: creates and lists users through the REST API, by default as an
 * owner of the tenant. */
#include <stdio.h>
#include <string.h>

#include "json/json_write.h"

#include "ctl_find.h"
#include "ctl_print.h"

#include "core/banned.h"

#define PATH "/api/v1/users"

static int
ctl_user_create(struct ctl *c)
{
	struct ctl_answer answer;
	struct json_write w;
	struct text body;
	const char *token;
	int status;

	if (c->opt.email == NULL)
		return ctl_usage(c, "missing option: --email EMAIL");
	status = ctl_find_token(c, true, &token, NULL);
	if (status >= 0)
		return status;
	text_init(&body, c->arena, 1 << 16);
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_string(&w, "email", c->opt.email);
	jw_string(&w, "displayName", c->opt.name != NULL ? c->opt.name : c->opt.email);
	if (c->opt.role != NULL)
		jw_string(&w, "role", c->opt.role);
	jw_object_end(&w);
	if (!ctl_rest_2xx(c, token, "POST", PATH, body.data, &answer))
		return CTL_FAILED;
	(void)puts(c->opt.json ? answer.body : ctl_member(c, answer.body, "userId"));
	return CTL_OK;
}

static int
ctl_user_list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
	    {"userId", "ID", 36},
	    {"role", "ROLE", 6},
	    {"status", "STATUS", 11},
	    {"email", "E-MAIL", 28},
	    {"displayName", "NAME", 0},
	};
	struct ctl_list all;
	const char *token;
	const int status = ctl_find_token(c, true, &token, NULL);

	if (status >= 0)
		return status;
	if (!ctl_rest_list(c, token, PATH, "users", &all))
		return CTL_FAILED;
	return ctl_print_list(c, &all, columns, ES_COUNT(columns));
}

static int
ctl_user_run_create(int argc, char **argv)
{
	static const struct ctl_spec spec = {"user create",
	    "tenant as token email name role", 0, 0, NULL, ctl_user_create};

	return ctl_run(&spec, argc, argv);
}

static int
ctl_user_run_list(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "user list", "tenant as token", 0, 0, NULL, ctl_user_list};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"create", "--tenant T --email E [--name N] [--role R] [--as USER | --token T]",
	"create a user; prints the user's id", ctl_user_run_create},
    {"list", "--tenant T [--as USER | --token T]", "list the users of a tenant",
	ctl_user_run_list},
};

const struct ctl_noun ctl_user = {"user", verbs, ES_COUNT(verbs)};
