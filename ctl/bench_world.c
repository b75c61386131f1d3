#include "bench_world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/token.h"
#include "core/clock.h"
#include "json/json_write.h"

#include "bench_stop.h"
#include "ctl_find.h"
#include "ctl_print.h"

#include "core/banned.h"

#define TENANTS  "/api/v1/admin/tenants"
#define USERS    "/api/v1/users"
#define CHANNELS "/api/v1/channels"

static void
bench_world_body(struct ctl *c, struct text *out, struct json_write *w)
{
	text_init(out, c->arena, 4096);
	jw_init(w, out);
	jw_object(w, NULL);
}

/* Ids become part of paths and frames, so that only real ids are taken. */
static bool
bench_world_id(
    struct ctl *c, const struct ctl_answer *answer, const char *member, const char **out)
{
	struct uuid id;

	if (!uuid_take(ctl_member(c, answer->body, member), id.text)) {
		(void)ctl_fail(c, "unexpected answer from the server: no %s", member);
		return false;
	}
	*out = arena_strdup(c->arena, id.text);
	return true;
}

/* The limits of the new tenant leave room for the whole rate. */
static bool
bench_world_make_tenant(
    struct ctl *c, const struct bench_plan *plan, const char *name, struct bench_world *w)
{
	struct ctl_answer answer;
	struct json_write json;
	struct text body;

	bench_world_body(c, &body, &json);
	jw_string(&json, "name", name);
	jw_string(&json, "adminEmail", "bench@bench.invalid");
	jw_string(&json, "adminDisplayName", "Bench");
	jw_int(&json, "maxMessagesPerSecond", 2 * plan->rate + BENCH_RATE_MAX);
	jw_object(&json, "settings");
	jw_null(&json, "userSendLimit");
	jw_object_end(&json);
	jw_object_end(&json);
	ctl_note(c, "creates the tenant '%s' at %s, and suspends it at the end", name,
	    c->conf.url);
	if (!ctl_rest_2xx(c, c->conf.operator_key, "POST", TENANTS, body.data, &answer))
		return false;
	w->operator_key = c->conf.operator_key;
	if (!bench_world_id(c, &answer, "tenantId", &w->tenant))
		return false;
	w->admin = ctl_member(c, answer.body, "token");
	return true;
}

static bool
bench_world_make_user(struct ctl *c, const char *name, size_t i, struct bench_world *w)
{
	struct ctl_answer answer;
	struct json_write json;
	struct text body;
	const char *id;

	bench_world_body(c, &body, &json);
	jw_string(
	    &json, "email", arena_printf(c->arena, "%s-%zu@bench.invalid", name, i));
	jw_string(&json, "displayName", arena_printf(c->arena, "%s %zu", name, i));
	jw_object_end(&json);
	if (!ctl_rest_2xx(c, w->admin, "POST", USERS, body.data, &answer))
		return false;
	if (!bench_world_id(c, &answer, "userId", &id))
		return false;
	w->users[w->n_users++] = id;
	if (!ctl_rest_2xx(c, w->admin, "POST",
		arena_printf(c->arena, USERS "/%s/tokens", id), "{}", &answer))
		return false;
	w->tokens[w->n_tokens++] = ctl_member(c, answer.body, "token");
	return true;
}

static bool
bench_world_make_channel(struct ctl *c, const char *name, size_t i, struct bench_world *w)
{
	struct ctl_answer answer;
	struct json_write json;
	struct text body;
	const char *id;

	bench_world_body(c, &body, &json);
	jw_string(&json, "name", arena_printf(c->arena, "%s-%zu", name, i));
	jw_object_end(&json);
	if (!ctl_rest_2xx(c, w->tokens[0], "POST", CHANNELS, body.data, &answer))
		return false;
	if (!bench_world_id(c, &answer, "channelId", &id))
		return false;
	w->channels[w->n_channels++] = id;
	return true;
}

/* Reads one token a line. */
static int
bench_world_read_tokens(struct ctl *c, const char *path, struct bench_world *w)
{
	char line[TOKEN_MAX + 3];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return ctl_fail(c, "%s: %s", path, strerror(errno));
	while (
	    w->n_tokens < BENCH_SOCKETS_MAX && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line != '\0')
			w->tokens[w->n_tokens++] = arena_strdup(c->arena, line);
	}
	(void)fclose(file);
	if (w->n_tokens == 0)
		return ctl_fail(c, "%s: no token in this file", path);
	ctl_note(c, "creates channels in the tenant of these tokens, and deletes them at "
		    "the end");
	return -1;
}

/* Chooses who manages users: --token or --tenant, else the owner of a new tenant. */
static int
bench_world_find_admin(
    struct ctl *c, const struct bench_plan *plan, const char *name, struct bench_world *w)
{
	if (c->opt.token != NULL || c->opt.tenant != NULL) {
		ctl_note(c, "creates users and channels in the given tenant, and deletes "
			    "them at the end");
		return ctl_find_token(c, true, &w->admin, NULL);
	}
	if (*c->conf.operator_key == '\0')
		return ctl_usage(c, "missing option: --token TOKEN, --tenant TENANT or "
				    "--tokens FILE; or set ES_OPERATOR_KEY");
	return bench_world_make_tenant(c, plan, name, w) ? -1 : CTL_FAILED;
}

int
bench_world_make(struct ctl *c, const struct bench_plan *plan, struct bench_world *out)
{
	const char *name = arena_printf(c->arena, "bench-%" PRId64, clock_wall_ms());
	const size_t sockets = (size_t)plan->sockets;
	const size_t users = sockets < BENCH_USERS_MAX ? sockets : BENCH_USERS_MAX;
	const bool given = c->opt.tokens != NULL;
	int status;

	*out = (struct bench_world){
	    .tokens = arena_alloc(c->arena, BENCH_SOCKETS_MAX * sizeof(*out->tokens)),
	    .users = arena_alloc(c->arena, BENCH_USERS_MAX * sizeof(*out->users)),
	    .channels =
		arena_alloc(c->arena, BENCH_CHANNELS_MAX * sizeof(*out->channels))};
	status = given ? bench_world_read_tokens(c, c->opt.tokens, out)
	               : bench_world_find_admin(c, plan, name, out);
	if (status >= 0)
		return status;
	for (size_t i = 0; !given && i < users && !bench_stopped(); i++)
		if (!bench_world_make_user(c, name, i, out))
			return CTL_FAILED;
	for (size_t i = 0; i < (size_t)plan->channels && !bench_stopped(); i++)
		if (!bench_world_make_channel(c, name, i, out))
			return CTL_FAILED;
	return bench_stopped() ? ctl_fail(c, "stopped before the first message") : -1;
}

static bool
bench_world_delete(
    struct ctl *c, const char *bearer, const char *base, const char **ids, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n && all; i++) {
		struct ctl_answer answer;

		all = ctl_rest_2xx(c, bearer, "DELETE",
		    arena_printf(c->arena, "%s/%s", base, ids[i]), NULL, &answer);
		if (!all)
			(void)ctl_fail(c, "%zu of %zu remain, the first is %s/%s", n - i,
			    n, base, ids[i]);
	}
	return all;
}

/* Suspends the tenant even when its channels and users could not be deleted. */
bool
bench_world_remove(struct ctl *c, struct bench_world *w)
{
	struct ctl_answer answer;
	bool all = true;

	if (w->n_channels > 0)
		all = bench_world_delete(
		    c, w->tokens[0], CHANNELS, w->channels, w->n_channels);
	/* The first user owns the channels, so keep the users while channels remain. */
	if (all && w->n_users > 0)
		all = bench_world_delete(c, w->admin, USERS, w->users, w->n_users);
	if (all && w->n_users > 0)
		ctl_note(c,
		    "deleted all channels with their messages; %zu users remain "
		    "as deleted users",
		    w->n_users);
	if (w->tenant == NULL)
		return all;
	if (!ctl_rest_2xx(c, w->operator_key, "POST",
		arena_printf(c->arena, TENANTS "/%s/suspend", w->tenant), "{}",
		&answer)) {
		(void)ctl_fail(
		    c, "the tenant %s remains, and is not suspended", w->tenant);
		return false;
	}
	ctl_note(c,
	    "the tenant %s remains, suspended, with its owner; the API deletes no "
	    "tenant",
	    w->tenant);
	return all;
}
