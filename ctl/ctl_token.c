/* echostreamctl token: signs and explains tokens. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/token_parse.h"
#include "core/clock.h"
#include "core/parse.h"
#include "json/json_write.h"

#include "ctl_find.h"
#include "ctl_print.h"

#include "core/banned.h"

#define TTL_MAX_S 31536000

/* Reads a time such as 90, 90s, 15m, 24h or 30d, in seconds. */
static bool
ctl_token_read_ttl(const char *text, struct arena *a, int64_t *out_s)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const size_t len = strlen(text);
	int64_t unit_s = 1;
	size_t digits = len;

	for (size_t i = 0; len > 0 && i < ES_COUNT(units); i++)
		if (text[len - 1] == units[i].letter) {
			unit_s = units[i].seconds;
			digits = len - 1;
		}
	if (!parse_int(arena_memdup(a, text, digits), 1, TTL_MAX_S / unit_s, out_s))
		return false;
	*out_s *= unit_s;
	return true;
}

static int
ctl_token_mint(struct ctl *c)
{
	const char *tenant_text = c->opt.tenant != NULL ? c->opt.tenant : c->conf.tenant;
	int64_t ttl_s = c->conf.token_ttl_s;
	struct tenant_id tenant;
	struct user_id user;
	const char *token;

	if (*tenant_text == '\0' || c->opt.user == NULL)
		return ctl_usage(c, "missing option: %s",
		    c->opt.user == NULL ? "--user USER" : "--tenant TENANT");
	if (c->opt.ttl != NULL && !ctl_token_read_ttl(c->opt.ttl, c->arena, &ttl_s))
		return ctl_usage(
		    c, "--ttl must be a time such as 90s, 15m, 24h or 30d, at most 365d");
	if (!ctl_find_tenant(c, tenant_text, &tenant) ||
	    !ctl_find_user(c, &tenant, c->opt.user, &user) ||
	    !ctl_mint(c, &tenant, &user, ttl_s, &token))
		return CTL_FAILED;
	if (!c->opt.json) {
		(void)puts(token);
		return CTL_OK;
	}
	(void)printf("{\"token\":\"%s\",\"tenantId\":\"%s\",\"userId\":\"%s\","
		     "\"ttlSeconds\":%" PRId64 "}\n",
	    token, tenant.text, user.text, ttl_s);
	return CTL_OK;
}

static bool
ctl_token_read_token(const char *word, char out[TOKEN_MAX + 3])
{
	if (strcmp(word, "-") != 0) {
		(void)snprintf(out, TOKEN_MAX + 3, "%s", word);
		return true;
	}
	if (fgets(out, TOKEN_MAX + 3, stdin) == NULL)
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

static void
ctl_token_print_time(const char *name, int64_t at_s, int64_t now_s)
{
	char text[ES_TIME_TEXT];
	const int64_t away_s = at_s > now_s ? at_s - now_s : now_s - at_s;

	clock_format(at_s * 1000, text);
	(void)printf("%-9s %s (%s%" PRId64 " s%s)\n", name, text,
	    at_s > now_s ? "in " : "", away_s, at_s > now_s ? "" : " ago");
}

/* Prints the claims, verified or not. */
static void
ctl_token_print_parts(
    struct ctl *c, const struct token_head *h, const struct token_body *b, int64_t now_s)
{
	(void)printf("algorithm %s\nkey       %s\nissuer    %s\naudience  %s\n", h->alg,
	    h->kid != NULL ? ctl_escape(c->arena, h->kid) : "(none)",
	    ctl_escape(c->arena, b->iss),
	    b->aud != NULL ? ctl_escape(c->arena, b->aud) : "(none)");
	(void)printf("tenant    %s\nuser      %s\nid        %s\n",
	    b->tid != NULL ? ctl_escape(c->arena, b->tid) : "(none)",
	    ctl_escape(c->arena, b->sub),
	    b->has_jti ? ctl_escape(c->arena, b->jti) : "(none)");
	ctl_token_print_time("issued", b->issued, now_s);
	ctl_token_print_time("expires", b->exp, now_s);
}

static void
ctl_token_print_json(struct ctl *c, const struct token_head *h,
    const struct token_body *b, const char *fault)
{
	struct json_write w;
	struct text t;

	text_init(&t, c->arena, 1 << 16);
	jw_init(&w, &t);
	jw_object(&w, NULL);
	jw_bool(&w, "valid", fault == NULL);
	jw_string(&w, "reason", fault);
	jw_string(&w, "alg", h->alg);
	jw_string(&w, "kid", h->kid);
	jw_string(&w, "iss", b->iss);
	if (b->aud != NULL)
		jw_raw(&w, "aud", b->aud);
	jw_string(&w, "tid", b->tid);
	jw_string(&w, "sub", b->sub);
	jw_string(&w, "jti", b->jti);
	jw_int(&w, "iat", b->issued);
	jw_int(&w, "exp", b->exp);
	jw_object_end(&w);
	(void)puts(t.data);
}

static int
ctl_token_inspect(struct ctl *c)
{
	const int64_t now_s = clock_wall_ms() / 1000;
	char jwt[TOKEN_MAX + 3]; /* one byte more, to notice a token that is too long */
	struct token_text text;
	struct token_head head;
	struct token_body body;
	struct token_claims claims;
	struct token_key key;
	const struct token_rules rules = ctl_token_rules(c, &key);
	struct es_err err;
	enum es_code rc;

	if (!ctl_token_read_token(c->words[0], jwt))
		return ctl_usage(c, "no token on standard input");
	if (!ctl_needs(c, c->conf.jwt_secret, "ES_JWT_SECRET to check it"))
		return CTL_CONFIG;
	rc = token_verify(&rules, jwt, now_s, &claims, &err);
	if (token_split(jwt, &text) &&
	    token_parse_head(&text, c->arena, &head, &(struct es_err){0}) == ES_OK &&
	    token_parse_body(&text, c->arena, &body, &(struct es_err){0}) == ES_OK) {
		if (c->opt.json)
			ctl_token_print_json(
			    c, &head, &body, rc == ES_OK ? NULL : err.text);
		else
			ctl_token_print_parts(c, &head, &body, now_s);
	}
	if (rc != ES_OK)
		return ctl_fail(c, "%s", err.text);
	ctl_note(c, "the token is valid");
	return CTL_OK;
}

static int
ctl_token_run_mint(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "token mint", "tenant user ttl", 0, 0, NULL, ctl_token_mint};

	return ctl_run(&spec, argc, argv);
}

static int
ctl_token_run_inspect(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "token inspect", "", 1, 1, "TOKEN", ctl_token_inspect};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"mint", "--tenant T --user U [--ttl 24h]",
	"sign a token for a user with ES_JWT_SECRET; T and U are ids or names",
	ctl_token_run_mint},
    {"inspect", "TOKEN|-",
	"print the claims of a token, and why it is refused; -: standard input",
	ctl_token_run_inspect},
};

const struct ctl_noun ctl_token = {"token", verbs, ES_COUNT(verbs)};
