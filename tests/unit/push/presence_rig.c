#include "presence_rig.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "presence/presence_tenant.h"

#include "core/banned.h"

struct outside prig_out;
struct fake_worker prig_worker;
struct prig_tape prig_tapes[FAKE_CONNS];

static void
prig_record(struct fake_conn *f, const char *json)
{
	struct prig_tape *tape = f->model;

	if (tape == NULL) /* not before the test knows it */
		tape = f->model = &prig_tapes[f - fake_conns];
	CHECK(tape->n < PRIG_LINES);
	(void)snprintf(tape->lines[tape->n++], sizeof(tape->lines[0]), "%s", json);
}

struct fake_conn *
prig_join(int user)
{
	struct fake_conn *f = fake_conn_open(
	    &prig_worker, OUT_TENANT, prig_out.users[user].text, "X", prig_record);

	f->model = &prig_tapes[f - fake_conns];
	prig_tapes[f - fake_conns].n = 0;
	return f;
}

/* The number of frames {"type":"presence"} with this user and this status. */
unsigned
prig_told(const struct fake_conn *f, int user, enum presence_status status)
{
	const struct prig_tape *tape = f->model;
	char want[120];
	unsigned n = 0;

	(void)snprintf(want, sizeof(want),
	    "\"userId\":\"%s\",\"payload\":{\"status\":\"%s\"}",
	    prig_out.users[user].text, presence_name(status));
	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], want) != NULL;
	return n;
}

unsigned
prig_frames(const struct fake_conn *f, const char *type)
{
	const struct prig_tape *tape = f->model;
	unsigned n = 0;

	for (unsigned i = 0; i < tape->n; i++)
		n += strstr(tape->lines[i], type) != NULL;
	return n;
}

void
prig_settle(void)
{
	for (unsigned i = 0; i < 4; i++) {
		presence_turn(prig_worker.presence);
		while (presence_fake_step(&prig_out))
			;
		out_drain(&prig_out);
	}
}

void
prig_pass(int64_t ms)
{
	for (; ms > 0; ms -= 250) {
		prig_worker.env.now_ms += 250;
		presence_tick(prig_worker.presence);
		prig_settle();
	}
}

void
prig_begin(void)
{
	const struct presence_io io = out_presence_io(&prig_out);

	fake_worker_init(&prig_worker);
	out_init(&prig_out, &prig_worker, 1);
	presence_fake_init(&prig_out);
	prig_worker.presence = presence_new(
	    &prig_worker.env, &prig_worker.conns, &presence_limits_default, &io);
	presence_redis_state(prig_worker.presence, true);
	prig_settle();
}

void
prig_end(void)
{
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		if (fake_conns[i].used)
			fake_conn_closed(&fake_conns[i]);
	prig_settle();
	presence_free(&prig_worker.presence);
	out_fini(&prig_out);
	fake_worker_fini(&prig_worker);
}

void
prig_stranger(unsigned i, char out_id[ES_UUID_TEXT])
{
	(void)snprintf(
	    out_id, ES_UUID_TEXT, "01900000-0000-7000-8000-0000000f%04x", i & 0xffff);
}

/* Publishes this status of the strangers `from` to `below` - 1, one message each. */
void
prig_crowd(unsigned from, unsigned below, enum presence_status status)
{
	char id[ES_UUID_TEXT];

	for (unsigned i = from; i < below; i++) {
		prig_stranger(i, id);
		presence_fake_set(&prig_out, id, status);
		out_drain(&prig_out);
	}
}

struct presence_tenant *
prig_tenant(const struct fake_conn *f)
{
	return presence_tenant_find(prig_worker.presence, &f->conn.tenant);
}

void
prig_watch(struct fake_conn *w, unsigned stranger)
{
	char id[ES_UUID_TEXT];
	struct user_id watched;
	struct es_err err;

	prig_stranger(stranger, id);
	CHECK(user_id_parse(id, &watched, &err) == ES_OK);
	presence_watch(prig_worker.presence, &w->conn, &watched, 1);
	prig_settle();
	CU_ASSERT_EQUAL(prig_frames(w, "presence_snapshot"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(prig_tapes[w - fake_conns].lines[0], id));
}
