#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/check.h"
#include "core/clock.h"
#include "store/batch_store.h"
#include "store/channel_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"

#include "core/banned.h"

static struct pg *
fixture_connect_to(const char *variable)
{
	const struct pg_settings settings = {
	    .url = getenv(variable),
	    .application_name = "test",
	    .connect_timeout_ms = 5000,
	    .statement_timeout_ms = 5000,
	    .lock_timeout_ms = 1000,
	    .pooled = getenv("ES_TEST_POOLED") != NULL,
	};
	struct pg *pg = NULL;
	struct es_err err;

	if (settings.url == NULL || settings.url[0] == '\0') {
		(void)fprintf(stderr, "skipped: %s is not set\n", variable);
		exit(77);
	}
	CHECK(pg_open(&settings, &pg, &err) == ES_OK);
	return pg;
}

struct pg *
fixture_connect(void)
{
	return fixture_connect_to("ES_TEST_DATABASE_URL");
}

static struct actor
tenant_with_owner(struct fixture *f, const char *name, const char *owner)
{
	const struct tenant_new in = {.name = name,
	    .max_channels = 50,
	    .max_messages_per_second = -1,
	    .admin_email = "owner@example.test",
	    .admin_display_name = owner};
	struct actor who = {.role = "owner", .display_name = owner};
	struct tenant tenant;

	if (tenant_store_create(f->pg, &in, f->arena, &tenant, &who.user, &f->err) !=
	    ES_OK) {
		(void)fprintf(
		    stderr, "no fixture: %s (%s)\n", f->err.text, pg_detail(f->pg));
		exit(1);
	}
	who.tenant = tenant.id;
	return who;
}

struct actor
fixture_user(
    struct fixture *f, const struct actor *who, const char *name, const char *role)
{
	struct actor made = {.tenant = who->tenant, .role = role, .display_name = name};
	const struct user_new in = {.display_name = name,
	    .role = role,
	    .email = arena_printf(f->arena, "%s@example.test", name)};
	struct user user;

	CHECK(user_store_create(f->pg, who, &in, f->arena, &user, &f->err) == ES_OK);
	made.user = user.id;
	return made;
}

void
fixture_open(struct fixture *f)
{
	*f = (struct fixture){.pg = fixture_connect(), .arena = arena_new()};
	f->owner = tenant_with_owner(f, "acme", "Alice");
	f->admin = fixture_user(f, &f->owner, "Ada", "admin");
	f->bob = fixture_user(f, &f->owner, "Bob", "member");
	f->carol = fixture_user(f, &f->owner, "Carol", "member");
	f->guest = fixture_user(f, &f->owner, "Gus", "guest");
	f->foreign = tenant_with_owner(f, "globex", "Gina");
}

void
fixture_close(struct fixture *f)
{
	arena_free(&f->arena);
	pg_close(&f->pg);
}

struct channel_id
fixture_channel(
    struct fixture *f, const struct actor *who, const char *name, bool is_private)
{
	const struct channel_new in = {.name = name, .is_private = is_private};
	struct channel channel = {0};

	CHECK(
	    channel_store_create(f->pg, who, &in, f->arena, &channel, &f->err) == ES_OK);
	return channel.id;
}

struct envelope
fixture_envelope(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, const char *const bodies[], size_t n)
{
	struct envelope e = {.tenant = who->tenant,
	    .channel = *channel,
	    .user = who->user,
	    .display_name = who->display_name,
	    .accepted_ms = clock_wall_ms(),
	    .n = n};

	uuid_new(e.id.text);
	e.messages = arena_alloc(f->arena, n * sizeof(*e.messages));
	for (size_t i = 0; i < n; i++)
		envelope_message_init(
		    &e.messages[i], &who->user, NULL, bodies[i], f->arena);
	return e;
}

struct outcome
fixture_send(struct fixture *f, const struct actor *who, const struct channel_id *channel,
    const char *client_id, const char *body)
{
	struct envelope e = fixture_envelope(f, who, channel, &body, 1);
	struct batch_result result;

	if (client_id != NULL)
		envelope_message_init(
		    &e.messages[0], &who->user, client_id, body, f->arena);
	if (batch_store_commit(f->pg, NULL, &e, 1, f->arena, &result, &f->err) != ES_OK) {
		(void)fprintf(stderr, "no message: %s\n", pg_detail(f->pg));
		exit(1);
	}
	return result.replies[0].outcomes[0];
}

struct outcome
fixture_change(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, struct envelope_message change, const char *key,
    struct envelope *sent)
{
	const char *const none[] = {""};
	struct envelope e = fixture_envelope(f, who, channel, none, 1);
	struct batch_result result;

	e.messages[0] = change;
	envelope_message_seal(&e.messages[0], &who->user, key, f->arena);
	if (batch_store_commit(f->pg, NULL, &e, 1, f->arena, &result, &f->err) != ES_OK) {
		(void)fprintf(stderr, "no change: %s\n", pg_detail(f->pg));
		exit(1);
	}
	if (sent != NULL)
		*sent = e;
	return result.replies[0].outcomes[0];
}

struct outcome
fixture_react(struct fixture *f, const struct actor *who,
    const struct channel_id *channel, int64_t target, enum envelope_op op,
    const char *emoji, struct envelope *sent)
{
	return fixture_change(f, who, channel,
	    (struct envelope_message){.op = op, .target = target, .emoji = emoji}, NULL,
	    sent);
}

struct number {
	int64_t value;
};

static const struct pg_col number_cols[] = {PG_COL(struct number, value, PG_INT8)};

static int64_t
fixture_number_of(struct fixture *f, struct pg *pg, const struct tenant_id *tenant,
    const char *sql, const char *const params[], unsigned n)
{
	/* Each call uses a new name: a second PREPARE under one name would fail. */
	struct pg_stmt *stmt = arena_alloc(f->arena, sizeof(*stmt));
	struct number number = {.value = -1};
	struct pg_rows rows;

	*stmt = (struct pg_stmt){.name = arena_printf(f->arena, "t%p", (void *)stmt),
	    .sql = sql,
	    .cols = number_cols,
	    .n_cols = 1,
	    .n_params = n};
	if (pg_run(pg, tenant, stmt, params, f->arena, &rows, &f->err) != ES_OK) {
		(void)fprintf(stderr, "%s: %s\n", sql, pg_detail(pg));
		exit(1);
	}
	IGNORE(pg_next(&rows, f->arena, &number));
	return number.value;
}

int64_t
fixture_number(struct fixture *f, const struct tenant_id *tenant, const char *sql,
    const char *const params[], unsigned n)
{
	return fixture_number_of(f, f->pg, tenant, sql, params, n);
}

int64_t
fixture_owner_number(struct fixture *f, const struct tenant_id *tenant, const char *sql,
    const char *const params[], unsigned n)
{
	struct pg *owner = fixture_connect_to("ES_TEST_OWNER_URL");
	const int64_t number = fixture_number_of(f, owner, tenant, sql, params, n);

	pg_close(&owner);
	return number;
}
