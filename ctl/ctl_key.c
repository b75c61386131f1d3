/* echostreamctl key: creates, lists and revokes API keys of a tenant through the REST
 * API, by default as an owner. */
#include <stdio.h>
#include <string.h>

#include "json/json_write.h"

#include "ctl_find.h"
#include "ctl_print.h"

#include "core/banned.h"

#define PATH "/api/v1/api-keys"

static void
ctl_key_write_scopes(struct ctl *c, struct json_write *w)
{
	jw_array(w, "scopes");
	for (const char *s = c->opt.scopes; *s != '\0'; s += strspn(s, ",")) {
		const size_t len = strcspn(s, ",");

		jw_string(w, NULL, arena_memdup(c->arena, s, len));
		s += len;
	}
	jw_array_end(w);
}

/* Finds the bot's id for the API. A name is looked up in the tenant; an id needs no
 * tenant. */
static bool
ctl_key_find_bot(struct ctl *c, const char **out)
{
	const char *text = c->opt.tenant != NULL ? c->opt.tenant : c->conf.tenant;
	struct tenant_id tenant = {""};
	struct user_id bot;

	*out = c->opt.bot;
	if (c->opt.bot == NULL || uuid_take(c->opt.bot, bot.text))
		return true;
	if (!ctl_find_tenant(c, text, &tenant) ||
	    !ctl_find_user(c, &tenant, c->opt.bot, &bot))
		return false;
	*out = arena_strdup(c->arena, bot.text);
	return true;
}

static int
ctl_key_create(struct ctl *c)
{
	struct ctl_answer answer;
	struct json_write w;
	struct text body;
	const char *token, *bot;
	int status;

	if (c->opt.name == NULL || c->opt.scopes == NULL)
		return ctl_usage(c, "missing option: %s",
		    c->opt.name == NULL ? "--name NAME" : "--scopes SCOPE,SCOPE");
	status = ctl_find_token(c, true, &token, NULL);
	if (status >= 0)
		return status;
	if (!ctl_key_find_bot(c, &bot))
		return CTL_FAILED;
	text_init(&body, c->arena, 1 << 16);
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_string(&w, "name", c->opt.name);
	ctl_key_write_scopes(c, &w);
	if (bot != NULL)
		jw_string(&w, "botUserId", bot);
	if (c->opt.expires != NULL)
		jw_string(&w, "expiresAt", c->opt.expires);
	jw_object_end(&w);
	if (!ctl_rest_2xx(c, token, "POST", PATH, body.data, &answer))
		return CTL_FAILED;
	(void)puts(c->opt.json ? answer.body : ctl_member(c, answer.body, "key"));
	ctl_note(c, "key %s; its text is shown only once",
	    ctl_member(c, answer.body, "keyId"));
	return CTL_OK;
}

static int
ctl_key_list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
	    {"keyId", "ID", 36},
	    {"hint", "ENDS IN", 7},
	    {"lastUsedAt", "LAST USED", 24},
	    {"expiresAt", "EXPIRES", 24},
	    {"name", "NAME", 0},
	};
	struct ctl_list all;
	const char *token;
	const int status = ctl_find_token(c, true, &token, NULL);

	if (status >= 0)
		return status;
	if (!ctl_rest_list(c, token, PATH, "keys", &all))
		return CTL_FAILED;
	return ctl_print_list(c, &all, columns, ES_COUNT(columns));
}

static int
ctl_key_revoke(struct ctl *c)
{
	struct ctl_answer answer;
	const char *token;
	struct uuid id;
	int status;

	if (!uuid_take(c->words[0], id.text))
		return ctl_usage(c, "malformed key id: %s", c->words[0]);
	status = ctl_find_token(c, true, &token, NULL);
	if (status >= 0)
		return status;
	if (!ctl_rest_2xx(c, token, "DELETE", arena_printf(c->arena, PATH "/%s", id.text),
		NULL, &answer))
		return CTL_FAILED;
	ctl_note(c, "revoked");
	return CTL_OK;
}

static int
ctl_key_run_create(int argc, char **argv)
{
	static const struct ctl_spec spec = {"key create",
	    "tenant as token name scopes bot expires", 0, 0, NULL, ctl_key_create};

	return ctl_run(&spec, argc, argv);
}

static int
ctl_key_run_list(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "key list", "tenant as token", 0, 0, NULL, ctl_key_list};

	return ctl_run(&spec, argc, argv);
}

static int
ctl_key_run_revoke(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "key revoke", "tenant as token", 1, 1, "ID", ctl_key_revoke};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"create",
	"--tenant T --name N --scopes S,S [--bot USER] [--expires TIME] [--as USER | "
	"--token T]",
	"create an API key; prints the key, once. Scopes: messages:write channels:manage "
	"users:manage tokens:mint admin",
	ctl_key_run_create},
    {"list", "--tenant T [--as USER | --token T]", "list the API keys of a tenant",
	ctl_key_run_list},
    {"revoke", "ID --tenant T [--as USER | --token T]",
	"revoke an API key, and close the sockets that its tickets opened",
	ctl_key_run_revoke},
};

const struct ctl_noun ctl_key = {"key", verbs, ES_COUNT(verbs)};
