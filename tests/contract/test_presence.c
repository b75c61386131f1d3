/* The scripts of presence on a real Redis: devices of several workers, choices over REST,
 * leases that expire, published changes. */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "event/event.h"
#include "presence/presence_keys.h"
#include "redis_server.h"

#include "core/banned.h"

static const struct tenant_id acme = {"01900000-0000-7000-8000-000000000001"};
static const struct tenant_id globex = {"01900000-0000-7000-8000-000000000002"};
static const struct user_id alice = {"01900000-0000-7000-8000-00000000a001"};
static const struct user_id bob = {"01900000-0000-7000-8000-00000000a002"};
static const struct uuid one = {"01900000-0000-7000-8000-00000000f001"};
static const struct uuid two = {"01900000-0000-7000-8000-00000000f002"};

struct fixture {
	struct redis_server *server;
	struct redis *r;
	struct redis_sub *sub;
	struct arena *a;
	struct redis_value v;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	char topic[ES_TOPIC_MAX];

	*f = (struct fixture){.server = redis_server_start(), .a = arena_new()};
	CHECK(redis_open(redis_server_url(f->server), 1000, &f->r, &f->err) == ES_OK);
	topic_presence(&acme, topic);
	CHECK(redis_sub_open(redis_server_url(f->server), topic, &f->sub, &f->err) ==
	      ES_OK);
}

static void
teardown(struct fixture *f)
{
	redis_sub_close(&f->sub);
	redis_close(&f->r);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

static int64_t
run(struct fixture *f, struct presence_call *call)
{
	CU_ASSERT_EQUAL_FATAL(redis_eval(f->r, call->script, f->a, &f->v, &f->err, 0,
				  call->argc, call->argv),
	    ES_OK);
	return f->v.kind == REDIS_INT ? f->v.num : -1;
}

static void
report(struct fixture *f, const struct uuid *worker, const struct user_id *user,
    enum presence_status status, bool forget_choice)
{
	struct presence_call call;

	presence_set_call(&call, worker, &acme, user, status, forget_choice);
	IGNORE(run(f, &call) == 0);
}

static enum presence_status
status_of(struct fixture *f, const struct tenant_id *tenant, const struct user_id *user)
{
	enum presence_status out;

	CU_ASSERT_EQUAL_FATAL(
	    presence_get(f->r, tenant, user, 1, f->a, &out, &f->err), ES_OK);
	return out;
}

static void
set_by_rest(struct fixture *f, enum presence_status status)
{
	CU_ASSERT_EQUAL(presence_put(f->r, &acme, &alice, status, f->a, &f->err), ES_OK);
}

static int64_t
sweep(struct fixture *f, unsigned max)
{
	struct presence_call call;

	presence_sweep_call(&call, max);
	return run(f, &call);
}

/* Makes the lease expire now. */
static void
end_lease(struct fixture *f, const char *lease)
{
	CU_ASSERT_EQUAL(redis_text(f->r, f->a, &f->v, &f->err, "ZADD", "es:p:leases", "1",
			    lease, NULL),
	    ES_OK);
}

static unsigned
keys_left(struct fixture *f)
{
	CU_ASSERT_EQUAL(
	    redis_text(f->r, f->a, &f->v, &f->err, "KEYS", "es:p:*", NULL), ES_OK);
	return (unsigned)f->v.n;
}

/* The number of changes to this status that were published since the last call. */
static unsigned
published(struct fixture *f, const char *status)
{
	char want[64];
	unsigned n = 0;

	(void)snprintf(want, sizeof(want), "\"status\":\"%s\"", status);
	for (;;) {
		const char *data;
		size_t len;

		CU_ASSERT_EQUAL_FATAL(
		    redis_sub_wait(f->sub, 200, f->a, &data, &len, NULL, &f->err), ES_OK);
		if (len == 0)
			return n;
		n += strstr(data, want) != NULL;
	}
}

static void
the_most_active_of_several_devices_decides_the_status(void)
{
	struct fixture f;

	setup(&f);
	report(&f, &one, &alice, PRESENCE_IDLE, false);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_IDLE);
	report(&f, &two, &alice, PRESENCE_ONLINE, false);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_ONLINE);
	report(&f, &one, &alice, PRESENCE_OFFLINE, false);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_ONLINE);
	CU_ASSERT_EQUAL(published(&f, "online"), 1); /* once for two devices */
	CU_ASSERT_EQUAL(status_of(&f, &globex, &alice), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &bob), PRESENCE_OFFLINE);
	report(&f, &two, &alice, PRESENCE_OFFLINE, false);
	CU_ASSERT_EQUAL(published(&f, "offline"), 1);
	CU_ASSERT_EQUAL(keys_left(&f), 0);
	teardown(&f);
}

static void
a_status_set_by_rest_holds_until_rest_removes_it(void)
{
	struct fixture f;

	setup(&f);
	set_by_rest(&f, PRESENCE_ONLINE); /* the user has no socket */
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_ONLINE);
	report(&f, &one, &alice, PRESENCE_ONLINE, false);
	set_by_rest(&f, PRESENCE_IDLE);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_IDLE);
	report(
	    &f, &two, &alice, PRESENCE_ONLINE, false); /* also holds for a new device */
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_IDLE);
	set_by_rest(&f, PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_OFFLINE);
	report(&f, &two, &alice, PRESENCE_ONLINE,
	    true); /* the client sends another status over its socket */
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_ONLINE);
	set_by_rest(&f, PRESENCE_OFFLINE);
	report(&f, &one, &alice, PRESENCE_OFFLINE, false);
	report(&f, &two, &alice, PRESENCE_OFFLINE, false);
	report(&f, &one, &alice, PRESENCE_ONLINE,
	    false); /* the status set by REST ended with the last device */
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_ONLINE);
	teardown(&f);
}

static void
a_dead_workers_users_go_offline(void)
{
	struct presence_call call;
	struct fixture f;

	setup(&f);
	presence_lease_call(&call, &one);
	CU_ASSERT_EQUAL(run(&f, &call), 0); /* the lease is new */
	CU_ASSERT_EQUAL(run(&f, &call), 1);
	report(&f, &one, &alice, PRESENCE_ONLINE, false);
	report(&f, &one, &bob, PRESENCE_ONLINE, false);
	report(&f, &two, &bob, PRESENCE_IDLE, false);
	CU_ASSERT_EQUAL(sweep(&f, 100), 0); /* the worker's lease has not expired */
	end_lease(&f, "w:01900000-0000-7000-8000-00000000f001");
	CU_ASSERT_EQUAL(sweep(&f, 1), 1); /* at most one user in this call */
	CU_ASSERT_EQUAL(sweep(&f, 100), 1);
	CU_ASSERT_EQUAL(sweep(&f, 100), 0);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &bob), PRESENCE_IDLE);
	presence_lease_call(&call, &one);
	/* 0: the lease had expired, so the worker must register its users again */
	CU_ASSERT_EQUAL(run(&f, &call), 0);
	teardown(&f);
}

static void
a_worker_that_comes_back_during_a_sweep_sets_its_users_again(void)
{
	struct presence_call call;
	struct fixture f;

	setup(&f);
	presence_lease_call(&call, &one);
	CU_ASSERT_EQUAL(run(&f, &call), 0);
	report(&f, &one, &alice, PRESENCE_ONLINE, false);
	report(&f, &one, &bob, PRESENCE_ONLINE, false);
	end_lease(&f, "w:01900000-0000-7000-8000-00000000f001");
	CU_ASSERT_EQUAL(sweep(&f, 1), 1); /* one of the two users is gone */
	presence_lease_call(&call, &one);
	CU_ASSERT_EQUAL(run(&f, &call), 0);
	CU_ASSERT_EQUAL(run(&f, &call), 1);
	CU_ASSERT_EQUAL(sweep(&f, 100), 0);
	teardown(&f);
}

static void
a_status_set_by_rest_without_a_device_expires(void)
{
	struct fixture f;

	setup(&f);
	set_by_rest(&f, PRESENCE_IDLE);
	CU_ASSERT_EQUAL(sweep(&f, 100), 0);
	end_lease(&f, "r:01900000-0000-7000-8000-000000000001:"
		      "01900000-0000-7000-8000-00000000a001");
	CU_ASSERT_EQUAL(sweep(&f, 100), 1);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(keys_left(&f), 0);
	teardown(&f);
}

static void
returns_a_number_instead_of_more_users_than_the_limit(void)
{
	struct presence_call call;
	struct fixture f;

	setup(&f);
	report(&f, &one, &alice, PRESENCE_ONLINE, false);
	report(&f, &one, &bob, PRESENCE_IDLE, false);
	presence_list_call(&call, &acme, 2);
	CU_ASSERT_EQUAL(run(&f, &call), -1);
	CU_ASSERT_EQUAL(f.v.kind, REDIS_ARRAY);
	CU_ASSERT_EQUAL(f.v.n, 4);
	presence_list_call(&call, &acme, 1);
	CU_ASSERT_EQUAL(run(&f, &call), 2);
	presence_list_call(&call, &globex, 1);
	CU_ASSERT_EQUAL(run(&f, &call), -1);
	CU_ASSERT_EQUAL(f.v.n, 0);
	teardown(&f);
}

/* presence_end_user() removes the reports of all workers about the user, and the status
 * that the user set by REST. */
static void
a_user_that_is_gone_is_offline_at_once(void)
{
	struct fixture f;

	setup(&f);
	set_by_rest(&f, PRESENCE_IDLE);
	report(&f, &one, &alice, PRESENCE_ONLINE, false);
	report(&f, &two, &bob, PRESENCE_ONLINE, false);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_IDLE);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(
		    presence_end_user(f.r, &acme, &alice, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_OFFLINE);
	CU_ASSERT_EQUAL(status_of(&f, &acme, &bob), PRESENCE_ONLINE);
	report(&f, &one, &alice, PRESENCE_ONLINE,
	    false); /* the user may connect again; its status of REST is gone */
	CU_ASSERT_EQUAL(status_of(&f, &acme, &alice), PRESENCE_ONLINE);
	teardown(&f);
}

/* The tenant has one user more than one call of the script removes. */
static void
all_users_of_a_suspended_tenant_are_offline(void)
{
	struct fixture f;
	struct user_id user;

	setup(&f);
	for (unsigned i = 0; i <= PRESENCE_END_MAX; i++) {
		(void)snprintf(user.text, sizeof(user.text),
		    "01900000-0000-7000-8000-00000000%04u", i);
		report(&f, &one, &user, PRESENCE_ONLINE, false);
	}
	CU_ASSERT_EQUAL(presence_end_tenant(f.r, &acme, f.a, &f.err), ES_OK);
	CU_ASSERT_EQUAL(
	    redis_text(f.r, f.a, &f.v, &f.err, "KEYS", "es:p:[tu]:*", NULL), ES_OK);
	CU_ASSERT_EQUAL(f.v.n, 0);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"the most active of several devices decides the status",
	the_most_active_of_several_devices_decides_the_status},
    {"a status set by REST holds until REST removes it",
	a_status_set_by_rest_holds_until_rest_removes_it},
    {"a dead worker's users go offline", a_dead_workers_users_go_offline},
    {"a worker that comes back during a sweep sets its users again",
	a_worker_that_comes_back_during_a_sweep_sets_its_users_again},
    {"a status set by REST without a device expires",
	a_status_set_by_rest_without_a_device_expires},
    {"a user that is gone is offline at once", a_user_that_is_gone_is_offline_at_once},
    {"all users of a suspended tenant are offline",
	all_users_of_a_suspended_tenant_are_offline},
    {"returns only the number of the users when it exceeds the limit",
	returns_a_number_instead_of_more_users_than_the_limit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("presence/presence", cases)
