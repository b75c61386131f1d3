#include "presence_rig.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "presence/presence_tenant.h"

#include "core/banned.h"

struct outside presence_rig_out;
struct fake_worker presence_rig_worker;
struct presence_rig_tape presence_rig_tapes[FAKE_CONNS];

static void
presence_rig_record(struct fake_conn *f, const char *json)
{
	struct presence_rig_tape *tape = f->model;

	if (tape == NULL) /* fake_conn_open() has not returned to presence_rig_join() */
		tape = f->model = &presence_rig_tapes[f - fake_conns];
	CHECK(tape->n < PRESENCE_RIG_LINES);
	(void)snprintf(tape->lines[tape->n++], sizeof(tape->lines[0]), "%s", json);
}

struct fake_conn *
presence_rig_join(int user)
{
	struct fake_conn *f = fake_conn_open(&presence_rig_worker, OUT_TENANT,
	    presence_rig_out.users[user].text, "X", presence_rig_record);

	f->model = &presence_rig_tapes[f - fake_conns];
	presence_rig_tapes[f - fake_conns].n = 0;
	return f;
}

/* The number of frames {"type":"presence"} with this user and this status. */
unsigned
presence_rig_changes(const struct fake_conn *f, int user, enum presence_status status)
{
	const struct presence_rig_tape *tape = f->model;
	char want[120];
	unsigned n = 0;

	(void)snprintf(want, sizeof(want),
	    "\"userId\":\"%s\",\"payload\":{\"status\":\"%s\"}",
	    presence_rig_out.users[user].text, presence_name(status));
	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], want) != NULL;
	return n;
}

unsigned
presence_rig_frames(const struct fake_conn *f, const char *type)
{
	const struct presence_rig_tape *tape = f->model;
	unsigned n = 0;

	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], type) != NULL;
	return n;
}

void
presence_rig_deliver_all(void)
{
	for (unsigned i = 0; i < 4; i++) {
		presence_turn(presence_rig_worker.presence);
		while (presence_fake_answer(&presence_rig_out))
			;
		out_deliver_all(&presence_rig_out);
	}
}

void
presence_rig_advance(int64_t ms)
{
	for (; ms > 0; ms -= 250) {
		presence_rig_worker.env.now_ms += 250;
		presence_tick(presence_rig_worker.presence);
		presence_rig_deliver_all();
	}
}

void
presence_rig_begin(void)
{
	const struct presence_io io = out_presence_io(&presence_rig_out);

	fake_worker_init(&presence_rig_worker);
	out_init(&presence_rig_out, &presence_rig_worker, 1);
	presence_fake_init(&presence_rig_out);
	presence_rig_worker.presence = presence_new(&presence_rig_worker.env,
	    &presence_rig_worker.conns, &presence_limits_default, &io);
	presence_redis_state(presence_rig_worker.presence, true);
	presence_rig_deliver_all();
}

void
presence_rig_end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	presence_rig_deliver_all();
	presence_free(&presence_rig_worker.presence);
	out_fini(&presence_rig_out);
	fake_worker_fini(&presence_rig_worker);
}

void
presence_rig_user_id(unsigned i, char out_id[ES_UUID_TEXT])
{
	(void)snprintf(
	    out_id, ES_UUID_TEXT, "01900000-0000-7000-8000-0000000f%04x", i & 0xffff);
}

/* Publishes this status of the users `from` to `below` - 1, one message each. */
void
presence_rig_publish(unsigned from, unsigned below, enum presence_status status)
{
	char id[ES_UUID_TEXT];

	for (unsigned i = from; i < below; i++) {
		presence_rig_user_id(i, id);
		presence_fake_set(&presence_rig_out, id, status);
		out_deliver_all(&presence_rig_out);
	}
}

struct presence_tenant *
presence_rig_tenant(const struct fake_conn *f)
{
	return presence_tenant_find(presence_rig_worker.presence, &f->conn.tenant);
}

void
presence_rig_watch(struct fake_conn *w, unsigned user)
{
	char id[ES_UUID_TEXT];
	struct user_id watched;
	struct es_err err;

	presence_rig_user_id(user, id);
	CHECK(user_id_parse(id, &watched, &err) == ES_OK);
	presence_watch(presence_rig_worker.presence, &w->conn, &watched, 1);
	presence_rig_deliver_all();
	CU_ASSERT_EQUAL(presence_rig_frames(w, "presence_snapshot"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(presence_rig_tapes[w - fake_conns].lines[0], id));
}
