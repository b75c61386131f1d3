#include "presence/presence_keys.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

static const char *const names[] = {
    [PRESENCE_OFFLINE] = "offline",
    [PRESENCE_IDLE] = "idle",
    [PRESENCE_ONLINE] = "online",
};

const char *
presence_name(enum presence_status status)
{
	return names[status];
}

bool
presence_parse(const char *name, enum presence_status *out)
{
	for (unsigned i = 0; i < ES_COUNT(names); i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum presence_status)i;
			return true;
		}
	return false;
}

static void
presence_keys_add(struct presence_call *call, const char *arg)
{
	call->argv[call->argc++] = (struct redis_arg){arg, strlen(arg)};
}

static void
presence_keys_add_number(struct presence_call *call, unsigned i, long n)
{
	(void)snprintf(call->numbers[i], sizeof(call->numbers[i]), "%ld", n);
	presence_keys_add(call, call->numbers[i]);
}

static void
presence_keys_begin(struct presence_call *call, struct redis_script *script)
{
	call->script = script;
	call->argc = 0;
}

void
presence_set_call(struct presence_call *call, const struct uuid *worker,
    const struct tenant_id *tenant, const struct user_id *user,
    enum presence_status status, bool forget_choice)
{
	presence_keys_begin(call, &presence_set_script);
	presence_keys_add(call, tenant->text);
	presence_keys_add(call, user->text);
	presence_keys_add(call, worker->text);
	presence_keys_add(call, presence_name(status));
	presence_keys_add(call, forget_choice ? "1" : "0");
}

void
presence_rest_call(struct presence_call *call, const struct tenant_id *tenant,
    const struct user_id *user, enum presence_status status)
{
	presence_keys_begin(call, &presence_rest_script);
	presence_keys_add(call, tenant->text);
	presence_keys_add(call, user->text);
	presence_keys_add(call, presence_name(status));
	presence_keys_add_number(call, 0, PRESENCE_REST_LEASE_MS);
}

void
presence_lease_call(struct presence_call *call, const struct uuid *worker)
{
	presence_keys_begin(call, &presence_lease_script);
	presence_keys_add(call, worker->text);
	presence_keys_add_number(call, 0, PRESENCE_WORKER_LEASE_MS);
}

void
presence_sweep_call(struct presence_call *call, unsigned max)
{
	presence_keys_begin(call, &presence_sweep_script);
	presence_keys_add_number(call, 0, (long)max);
}

void
presence_list_call(
    struct presence_call *call, const struct tenant_id *tenant, unsigned max)
{
	presence_keys_begin(call, &presence_list_script);
	presence_keys_add(call, tenant->text);
	presence_keys_add_number(call, 0, (long)max);
}

void
presence_tenant_key(const struct tenant_id *tenant, char out[PRESENCE_KEY_MAX])
{
	(void)snprintf(out, PRESENCE_KEY_MAX, "es:p:t:%s", tenant->text);
}

enum es_code
presence_get(struct redis *r, const struct tenant_id *tenant,
    const struct user_id users[], size_t n, struct arena *a, enum presence_status out[],
    struct es_err *err)
{
	struct redis_arg *argv = arena_alloc(a, (n + 2) * sizeof(*argv));
	char key[PRESENCE_KEY_MAX];
	struct redis_value v;

	if (n == 0)
		return ES_OK;
	presence_tenant_key(tenant, key);
	argv[0] = (struct redis_arg){"HMGET", 5};
	argv[1] = (struct redis_arg){key, strlen(key)};
	for (size_t i = 0; i < n; i++)
		argv[2 + i] = (struct redis_arg){users[i].text, strlen(users[i].text)};
	TRY(redis_cmd(r, a, &v, err, n + 2, argv));
	if (v.kind != REDIS_ARRAY || v.n != n)
		return es_fail(
		    err, ES_INTERNAL, "Redis: unexpected reply to HMGET of presence");
	for (size_t i = 0; i < n; i++)
		if (v.items[i].kind != REDIS_STRING ||
		    !presence_parse(v.items[i].str, &out[i]))
			out[i] = PRESENCE_OFFLINE;
	return ES_OK;
}

enum es_code
presence_put(struct redis *r, const struct tenant_id *tenant, const struct user_id *user,
    enum presence_status status, struct arena *a, struct es_err *err)
{
	struct presence_call call;
	struct redis_value v;

	presence_rest_call(&call, tenant, user, status);
	return redis_eval(r, call.script, a, &v, err, 0, call.argc, call.argv);
}

enum es_code
presence_end_user(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, struct es_err *err)
{
	struct presence_call call;
	struct redis_value v;

	presence_keys_begin(&call, &presence_user_gone_script);
	presence_keys_add(&call, tenant->text);
	presence_keys_add(&call, user->text);
	return redis_eval(r, call.script, a, &v, err, 0, call.argc, call.argv);
}

enum es_code
presence_end_tenant(
    struct redis *r, const struct tenant_id *tenant, struct arena *a, struct es_err *err)
{
	struct presence_call call;
	struct redis_value v;

	presence_keys_begin(&call, &presence_tenant_gone_script);
	presence_keys_add(&call, tenant->text);
	presence_keys_add_number(&call, 0, PRESENCE_END_MAX);
	do
		TRY(redis_eval(r, call.script, a, &v, err, 0, call.argc, call.argv));
	while (v.kind == REDIS_INT && v.num == PRESENCE_END_MAX);
	return ES_OK;
}
