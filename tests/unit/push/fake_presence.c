#include "fake_presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "event/event.h"

#include "core/banned.h"

struct seen seen[SEEN_MAX];
unsigned n_seen, n_sets, n_lists, n_leases;
bool presence_away, lease_known;

/* A command under way. The fake computes the reply when it delivers the reply. */
struct command {
	struct command *next;
	struct redis_script *script;
	size_t argc;
	char (*argv)[64];
	redis_async_done *done;
	void *arg;
};

static struct command *commands;

enum presence_status
presence_fake_get(const char *user)
{
	for (unsigned i = 0; i < n_seen; i++)
		if (strcmp(seen[i].user, user) == 0)
			return seen[i].status;
	return PRESENCE_OFFLINE;
}

void
presence_fake_set(struct outside *o, const char *user, enum presence_status status)
{
	char json[160], topic[ES_TOPIC_MAX];
	struct tenant_id tenant = {OUT_TENANT};
	unsigned i = 0;

	while (i < n_seen && strcmp(seen[i].user, user) != 0)
		i++;
	if (i == n_seen) {
		CHECK(n_seen < SEEN_MAX);
		(void)snprintf(seen[n_seen++].user, ES_UUID_TEXT, "%s", user);
		seen[i].status = PRESENCE_OFFLINE;
	}
	if (seen[i].status == status)
		return;
	seen[i].status = status;
	(void)snprintf(json, sizeof(json), "{\"userId\":\"%s\",\"status\":\"%s\"}", user,
	    presence_name(status));
	topic_presence(&tenant, topic);
	pub_send(o, topic, json, strlen(json));
}

static bool
take(struct outside *o, struct redis_script *script, size_t argc,
    const struct redis_arg argv[], redis_async_done *done, void *arg)
{
	struct command **end = &commands, *cmd;

	(void)o;
	if (presence_away)
		return false;
	cmd = mem_new(1, sizeof(*cmd));
	cmd->script = script;
	cmd->argc = argc;
	cmd->argv = mem_new(argc, sizeof(*cmd->argv));
	for (size_t i = 0; i < argc; i++) {
		CHECK(argv[i].len < sizeof(*cmd->argv));
		memcpy(cmd->argv[i], argv[i].data, argv[i].len);
	}
	cmd->done = done;
	cmd->arg = arg;
	while (*end != NULL)
		end = &(*end)->next;
	*end = cmd;
	return true;
}

void
presence_fake_init(struct outside *o)
{
	o->redis = take;
	n_seen = n_sets = n_lists = n_leases = 0;
	presence_away = false;
	lease_known = true;
	CHECK(commands == NULL);
}

static struct redis_value
text(const char *s)
{
	return (struct redis_value){.kind = REDIS_STRING, .str = s, .len = strlen(s)};
}

static struct redis_value
list(unsigned max)
{
	static struct redis_value items[2 * SEEN_MAX];
	struct redis_value v = {.kind = REDIS_ARRAY, .items = items};

	for (unsigned i = 0; i < n_seen; i++)
		if (seen[i].status != PRESENCE_OFFLINE) {
			items[v.n++] = text(seen[i].user);
			items[v.n++] = text(presence_name(seen[i].status));
		}
	n_lists++;
	if (v.n / 2 > max)
		v = (struct redis_value){.kind = REDIS_INT, .num = (int64_t)v.n / 2};
	return v;
}

static struct redis_value
hmget(const struct command *cmd)
{
	static struct redis_value items[600];
	struct redis_value v = {.kind = REDIS_ARRAY, .items = items};

	for (size_t i = 2; i < cmd->argc; i++) {
		const enum presence_status status = presence_fake_get(cmd->argv[i]);

		items[v.n++] = status == PRESENCE_OFFLINE
		                   ? (struct redis_value){.kind = REDIS_NIL}
		                   : text(presence_name(status));
	}
	return v;
}

static struct redis_value
run(struct outside *o, const struct command *cmd)
{
	struct redis_value v = {.kind = REDIS_INT, .num = 0};
	enum presence_status status;

	if (cmd->script == NULL)
		return hmget(cmd);
	if (cmd->script == &presence_list_script)
		return list((unsigned)strtoul(cmd->argv[1], NULL, 10));
	if (cmd->script == &presence_set_script) {
		CHECK(presence_parse(cmd->argv[3], &status));
		presence_fake_set(o, cmd->argv[1], status);
		n_sets++;
	} else if (cmd->script == &presence_lease_script) {
		n_leases++;
		v.num = lease_known ? 1 : 0;
		lease_known = true;
	}
	return v;
}

bool
presence_fake_answer(struct outside *o)
{
	struct command *cmd = commands;
	struct es_err err = {0};
	struct redis_value v;

	if (cmd == NULL)
		return false;
	commands = cmd->next;
	v = run(o, cmd);
	if (cmd->done != NULL)
		cmd->done(cmd->arg, ES_OK, &v, &err);
	free(cmd->argv);
	free(cmd);
	return true;
}
