/* Unread counts, read marks and readers: each rule once, and a random run that compares
 * the counts with a brute-force count over all messages. */
#include <string.h>

#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/read_mark_store.h"
#include "store/receipt_store.h"
#include "store/unread_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

static struct channel_id
channel_of_bob_and_carol(const char *name)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, name, true);
	struct member member;
	struct event event;
	bool added;

	FINE(member_store_put(f.pg, &f.bob, &id, &f.carol.user, NULL, f.arena, &member,
	    &added, &event, &f.err));
	return id;
}

static int64_t
send(const struct actor *who, const struct channel_id *id)
{
	return fixture_send(&f, who, id, NULL, "x").message_id;
}

static struct unread
unread_of(const struct actor *who, const struct channel_id *id)
{
	struct unread *found;
	size_t n;

	FINE(unread_store_of(f.pg, who, id, 1, f.arena, &found, &n, &f.err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	SAME(found->channel, *id);
	return *found;
}

static void
mark(const struct actor *who, const struct channel_id *id, int64_t at)
{
	struct read_mark out;

	FINE(read_mark_store_read(f.pg, who, id, at, f.arena, &out, &f.err));
}

static void
mark_unread(const struct actor *who, const struct channel_id *id, int64_t at)
{
	struct read_mark out = {.stands = -1};

	FINE(read_mark_store_unread(f.pg, who, id, at, f.arena, &out, &f.err));
	CU_ASSERT_TRUE(out.stands >= 0 && (at == 0 || out.stands < at));
}

/* No program of this release deletes messages, so the test does it as the owner. */
static void
delete_message(const struct channel_id *id, int64_t message)
{
	const char *const params[] = {
	    f.bob.tenant.text, id->text, pg_int(f.arena, message)};

	CU_ASSERT_EQUAL(fixture_owner_number(&f, &f.bob.tenant,
			    "UPDATE messages SET deleted_at = now() WHERE tenant_id = $1"
			    " AND channel_id = $2 AND id = $3 RETURNING 1::bigint",
			    params, 3),
	    1);
}

#define COUNTED(who, id, mark_, unread_) \
	do { \
		const struct unread u = unread_of(who, id); \
		CU_ASSERT_EQUAL(u.last_read_seq, mark_); \
		CU_ASSERT_EQUAL(u.unread, unread_); \
	} while (0)

static void
own_and_deleted_messages_do_not_count(void)
{
	const struct channel_id id = channel_of_bob_and_carol("counted");
	const int64_t start = unread_of(&f.carol, &id).last_read_seq;
	int64_t m[5];

	COUNTED(&f.carol, &id, start, 0); /* a new member has read everything */
	for (int i = 0; i < 3; i++)
		m[i] = send(&f.bob, &id);
	COUNTED(&f.carol, &id, start, 3);
	COUNTED(&f.bob, &id, m[2], 0); /* own messages move the mark */
	delete_message(&id, m[1]);
	COUNTED(&f.carol, &id, start, 2);
	mark(&f.carol, &id, m[0]);
	COUNTED(&f.carol, &id, m[0], 1);
	m[3] = send(&f.carol, &id);
	COUNTED(&f.carol, &id, m[3], 0);
	m[4] = send(&f.bob, &id);
	COUNTED(&f.carol, &id, m[3], 1);
	CU_ASSERT_EQUAL(unread_of(&f.carol, &id).last_seq, m[4]);
	mark(&f.carol, &id, m[4] + 50);
	COUNTED(&f.carol, &id, m[4], 0);
}

static void
a_message_can_be_marked_unread(void)
{
	struct read_mark out;
	const struct channel_id id = channel_of_bob_and_carol("back");
	const int64_t first = send(&f.bob, &id), own = send(&f.carol, &id);
	int64_t later;

	send(&f.bob, &id);
	COUNTED(&f.carol, &id, own, 1);
	mark_unread(&f.carol, &id, first); /* back before an own message */
	COUNTED(&f.carol, &id, first - 1, 2);
	mark(&f.carol, &id, first);
	COUNTED(&f.carol, &id, first, 1);
	later = send(&f.carol, &id); /* a later own message moves the mark again */
	COUNTED(&f.carol, &id, later, 0);
	mark_unread(&f.carol, &id, later + 99); /* past the head: nothing is unread */
	COUNTED(&f.carol, &id, later, 0);
	mark_unread(&f.carol, &id, 0);
	COUNTED(&f.carol, &id, 0, 2);
	REFUSED(f, read_mark_store_unread(f.pg, &f.owner, &id, 1, f.arena, &out, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f,
	    read_mark_store_unread(f.pg, &f.foreign, &id, 1, f.arena, &out, &f.err),
	    ES_NOT_FOUND, "no such channel");
}

static void
counts_at_most_unread_max(void)
{
	const struct channel_id id = channel_of_bob_and_carol("many");
	const int64_t start = unread_of(&f.carol, &id).last_seq;
	struct unread u;

	for (int i = 0; i < UNREAD_MAX / 50; i++) {
		const char *const params[] = {f.bob.tenant.text, id.text, f.bob.user.text,
		    pg_int(f.arena, start + 50L * i)};

		u = unread_of(&f.carol, &id);
		CU_ASSERT_EQUAL(u.unread, 50L * i);
		CU_ASSERT_FALSE(u.capped);
		CU_ASSERT_EQUAL(
		    fixture_owner_number(&f, &f.bob.tenant,
			"WITH m AS (INSERT INTO messages (tenant_id, channel_id, id,"
			" sender_id, dedupe_key, request_hash, client_message_id, body,"
			" created_at) SELECT $1::uuid, $2::uuid, $4::bigint + i, "
			"$3::uuid,"
			" decode(md5(($4::bigint + i)::text), 'hex'), '\\x00', 'c', 'x', "
			"now()"
			" FROM generate_series(1, 50) i RETURNING 1) UPDATE channel_heads"
			" SET last_seq = $4::bigint + 50 WHERE tenant_id = $1::uuid"
			" AND channel_id = $2::uuid RETURNING 1::bigint",
			params, 4),
		    1);
	}
	u = unread_of(&f.carol, &id);
	CU_ASSERT_EQUAL(u.unread, UNREAD_MAX);
	CU_ASSERT_TRUE(u.capped);
	mark(&f.carol, &id, start + 1);
	u = unread_of(&f.carol, &id);
	CU_ASSERT_EQUAL(u.unread, UNREAD_MAX - 1);
	CU_ASSERT_FALSE(u.capped);
}

static struct unread_page
list(const struct actor *who, bool all, const struct channel_id *after, int64_t limit)
{
	struct unread_page page;

	FINE(unread_store_list(f.pg, who, all, after, limit, f.arena, &page, &f.err));
	return page;
}

static void
pages_list_channels_with_unread_messages(void)
{
	const struct actor dan = fixture_user(&f, &f.owner, "dan", "member");
	struct channel_id ids[5];
	struct unread_page page;
	struct channel channel;
	struct member member;
	struct event event;
	bool added;

	for (int i = 0; i < 5; i++) {
		ids[i] = fixture_channel(
		    &f, &f.bob, arena_printf(f.arena, "page %d", i), true);
		FINE(member_store_put(f.pg, &f.bob, &ids[i], &dan.user, NULL, f.arena,
		    &member, &added, &event, &f.err));
		if (i != 1)
			send(&f.bob, &ids[i]);
	}
	FINE(channel_store_archive(
	    f.pg, &f.bob, &ids[3], f.arena, &channel, &event, &f.err));
	page = list(&dan, false, NULL, 2); /* not 1, which is read, nor 3, archived */
	CU_ASSERT_EQUAL_FATAL(page.n, 2);
	SAME(page.items[0].channel, ids[0]);
	SAME(page.items[1].channel, ids[2]);
	SAME(page.next, ids[2]);
	page = list(&dan, false, &page.next, 2);
	CU_ASSERT_EQUAL_FATAL(page.n, 1);
	SAME(page.items[0].channel, ids[4]);
	CU_ASSERT_STRING_EQUAL(page.next.text, "");
	CU_ASSERT_EQUAL(list(&dan, true, NULL, UNREAD_EXAMINED).n, 5);
	CU_ASSERT_EQUAL(list(&f.guest, true, NULL, 10).n, 0);
	CU_ASSERT_EQUAL(list(&f.foreign, true, &ids[0], 10).n, 0);
	FINE(channel_store_delete(f.pg, &f.bob, &ids[0], f.arena, &event, &f.err));
	CU_ASSERT_EQUAL(list(&dan, true, NULL, UNREAD_EXAMINED).n, 4);
}

/* A page ends after UNREAD_EXAMINED channels, and the next one begins there. */
static void
a_page_examines_a_bounded_number_of_channels(void)
{
	const struct actor eve = fixture_user(&f, &f.owner, "eve", "member");
	const struct channel_id last = {"ffffffff-ffff-7fff-bfff-ffffffffffff"};
	const char *const params[] = {f.owner.tenant.text, eve.user.text,
	    pg_int(f.arena, UNREAD_EXAMINED), last.text};
	struct unread_page page;

	CU_ASSERT_EQUAL(
	    fixture_owner_number(&f, &eve.tenant,
		"WITH c AS (INSERT INTO channels (tenant_id, id, name, name_key, "
		"created_by)"
		" SELECT $1::uuid, CASE WHEN i > $3::bigint THEN $4::uuid"
		" ELSE gen_random_uuid() END, 'eve ' || i, 'eve ' || i, $2::uuid"
		" FROM generate_series(1, $3::bigint + 1) i RETURNING id), h AS (INSERT"
		" INTO channel_heads (tenant_id, channel_id, last_seq) SELECT $1::uuid, "
		"id, 0"
		" FROM c), m AS (INSERT INTO channel_members (tenant_id, channel_id, "
		"user_id)"
		" SELECT $1::uuid, id, $2::uuid FROM c RETURNING 1)"
		" SELECT count(*) FROM m",
		params, 4),
	    UNREAD_EXAMINED + 1);
	send(&f.bob, &last);
	page = list(&eve, false, NULL, 1);
	CU_ASSERT_EQUAL(page.n, 0);
	CU_ASSERT_STRING_NOT_EQUAL(page.next.text, "");
	page = list(&eve, false, &page.next, 1);
	CU_ASSERT_EQUAL_FATAL(page.n, 1);
	SAME(page.items[0].channel, last);
	CU_ASSERT_STRING_EQUAL(page.next.text, "");
	page = list(&eve, true, NULL, UNREAD_EXAMINED);
	CU_ASSERT_EQUAL(page.n, UNREAD_EXAMINED);
	CU_ASSERT_EQUAL(list(&eve, true, &page.next, UNREAD_EXAMINED).n, 1);
}

/* What the test expects of a member, counted without SQL. */
struct model {
	int64_t mark, own_after;
};
struct model_message {
	int64_t id;
	int sender;
	bool deleted;
};

static void
compare(const struct actor *who, int i, const struct channel_id *id,
    const struct model *model, const struct model_message sent[], int n)
{
	int64_t at = model->mark, count = 0;

	for (int s = 0; s < n; s++)
		if (sent[s].sender == i && sent[s].id > model->own_after &&
		    sent[s].id > at)
			at = sent[s].id;
	for (int s = 0; s < n; s++)
		count += sent[s].id > at && sent[s].sender != i && !sent[s].deleted;
	COUNTED(who, id, at, count);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

#define STEPS 600

static void
a_random_run_counts_like_brute_force(void)
{
	const struct channel_id id = channel_of_bob_and_carol("random");
	const struct actor *who[] = {&f.bob, &f.carol};
	const int64_t start = unread_of(&f.carol, &id).last_seq;
	struct model model[] = {{unread_of(&f.bob, &id).last_read_seq, 0},
	    {unread_of(&f.carol, &id).last_read_seq, 0}};
	struct model_message *sent = arena_alloc(f.arena, STEPS * sizeof(*sent));
	uint32_t seed = 20261129;
	int64_t head = start;
	int n = 0;

	for (int step = 0; step < STEPS; step++) {
		const int i = (int)(next_random(&seed) % 2);
		const int64_t at = start + next_random(&seed) % (head - start + 3);
		struct model *m = &model[i];

		switch (next_random(&seed) % 8) {
		case 0:
			mark(who[i], &id, at);
			if (at > m->mark)
				m->mark = at < head ? at : head;
			break;
		case 1:
			mark_unread(who[i], &id, at);
			m->mark = at - 1 < head ? at - 1 : head;
			m->own_after = head;
			break;
		case 2:
			if (n == 0 || sent[at % n].deleted)
				break;
			delete_message(&id, sent[at % n].id);
			sent[at % n].deleted = true;
			break;
		default:
			head = send(who[i], &id);
			sent[n++] = (struct model_message){head, i, false};
		}
		compare(who[0], 0, &id, &model[0], sent, n);
		compare(who[1], 1, &id, &model[1], sent, n);
	}
	CU_ASSERT_TRUE(n > STEPS / 2);
}

static CU_TestInfo cases[] = {
    {"own and deleted messages do not count", own_and_deleted_messages_do_not_count},
    {"a message can be marked unread", a_message_can_be_marked_unread},
    {"counts at most UNREAD_MAX messages", counts_at_most_unread_max},
    {"pages list channels with unread messages",
	pages_list_channels_with_unread_messages},
    {"a page examines a bounded number of channels",
	a_page_examines_a_bounded_number_of_channels},
    {"a random run counts like brute force", a_random_run_counts_like_brute_force},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("unread_store", cases, f)
