#include "who/identity.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "store/api_key_text.h"

#include "core/banned.h"

enum es_code
identity_verify(struct who *w, struct conn *c, enum bearer_kind kind, const char *token,
    struct token_claims *out, struct es_err *err)
{
	struct arena *a;
	struct issuer_hint hint;
	enum es_code rc;

	if (api_key_text_is(token)) /* short, because a Close frame carries the text */
		return es_fail(err, ES_UNAUTHENTICATED,
		    "API keys open no socket: POST /api/v1/ws/tickets");
	a = arena_new();
	rc = issuer_peek(token, a, &hint, err);
	if (rc == ES_OK && strcmp(hint.iss, w->rules.issuer) == 0) {
		rc = token_verify(&w->rules, token, clock_wall_ms() / 1000, out, err);
	} else if (rc == ES_OK) {
		bearers_add(w->bearers, c, kind, token, &hint);
		rc = es_fail(err, ES_BUSY, "the token is being checked");
	}
	arena_free(&a);
	return rc;
}

void
identity_adopt_claims(struct conn *c, const struct token_claims *claims)
{
	c->tenant = claims->tenant;
	c->user = claims->user;
	c->expires_s = claims->expires_s;
	c->auth.issued_s = claims->issued_s;
	mem_free(c->auth.jti);
	c->auth.jti = mem_strdup(claims->jti);
	mem_free(c->auth.key);
	c->auth.key = NULL;
	if (claims->kid[0] == '\0')
		return;
	c->auth.key = mem_new(1, sizeof(*c->auth.key));
	c->auth.key->created_ms = claims->key_created_ms;
	c->auth.key->owners = claims->owners;
	memcpy(c->auth.key->kid, claims->kid, sizeof(claims->kid));
}

void
identity_adopt_principal(struct who *w, struct conn *c, const struct principal *p,
    struct arena *a, struct tenant_settings *out_settings)
{
	const struct push_conf *conf = w->env->conf;
	struct tenant_settings *s = out_settings;
	const bool was_other = c->role[0] != '\0' && !conn_is_guest(c);
	struct es_err err;

	if (tenant_settings_parse(p->settings, a, s, &err) != ES_OK)
		*s = (struct tenant_settings){.user_send_limit = -1,
		    .user_send_window_s = -1,
		    .read_receipts = true};
	mem_free(c->display_name);
	c->display_name = mem_strdup(p->actor.display_name);
	(void)snprintf(c->role, sizeof(c->role), "%s", p->actor.role);
	c->read_receipts = p->read_receipts;
	c->acl_version = p->acl_version;
	c->tenant_rate = p->max_messages_per_second;
	c->user_quota = tenant_settings_user_send(s, conf->user_send);
	c->user_window_ms = 1000 * (s->user_send_window_s > 0 ? s->user_send_window_s
							      : conf->user_send_window_s);
	w->events.epoch(w->events.ctx, p->epoch);
	if (was_other && conn_is_guest(c))
		w->events.made_guest(w->events.ctx, c);
}

bool
identity_unanswered(enum es_code rc)
{
	return rc == ES_UNAVAILABLE || rc == ES_INTERNAL;
}

void
identity_refuse(struct conn *c, enum es_code why, const char *text)
{
	uint16_t code = CLOSE_BAD_TOKEN;

	if (why == ES_TOKEN_EXPIRED)
		code = CLOSE_TOKEN_EXPIRED;
	else if (why == ES_TOKEN_REVOKED)
		code = CLOSE_REVOKED;
	else if (why == ES_TENANT_SUSPENDED)
		code = CLOSE_SUSPENDED;
	metrics_add(c->conns->env->metrics, PM_AUTH_FAILED, 1);
	log_info("socket refused", LOG_STR("conn", c->id.text), LOG_INT("code", code),
	    LOG_STR("why", text), LOG_STR("address", c->io.address));
	conn_close(c, code, text);
}

void
identity_end(struct who *w, struct conn *c, const struct es_err *why)
{
	w->events.user_gone(w->events.ctx, &c->tenant, &c->user);
	identity_refuse(c, why->code, why->text);
}

void
identity_on_refused(struct who *w, struct conn *c, const struct principal_answer *answer)
{
	const bool suspended = answer->rc == ES_TENANT_SUSPENDED;
	struct user_mark *mark;

	if (!answer->gone) {
		identity_refuse(c, answer->rc, answer->err.text);
		return;
	}
	mark = user_marks_add(&w->marks, &c->tenant, suspended ? NULL : &c->user);
	mark->gone = true;
	mark->err = answer->err;
	identity_end(w, c, &answer->err);
}
