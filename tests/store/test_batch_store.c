#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/channel_store.h"
#include "store/message_store.h"
#include "store/partition_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct batch_result result;

/* Claims a partition that no other test holds, because all tenants share the 256. */
static unsigned
own_partition(struct partition *out)
{
	static unsigned from = 100; /* skips claimed ones: their owner may claim again */
	bool got = false;

	for (unsigned p = from; p < 256; p++) {
		FINE(partition_store_claim(
		    f.pg, p, f.owner.tenant.text, 60000, f.arena, out, &got, &f.err));
		if (got && out->epoch >= 1) {
			from = p + 1;
			return p;
		}
	}
	CU_FAIL_FATAL("no partition is free");
	return 0;
}

static void
commits_in_order_and_answers_each(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "batch", false);
	const char *const bobs[] = {"b1 \"\\{}", "b2 \xc3\xa9"}, *const carols[] = {"c1"};
	struct envelope envelopes[] = {fixture_envelope(&f, &f.bob, &id, bobs, 2),
	    fixture_envelope(&f, &f.carol, &id, carols, 1)};
	const struct event *e;

	envelopes[1].traceparent = "00-trace-01";
	FINE(batch_store_commit(f.pg, NULL, envelopes, 2, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.n_committed, 3);
	CU_ASSERT_EQUAL(result.n_repeats + result.n_refused, 0);
	SAME(result.replies[0].envelope, envelopes[0].id);
	CU_ASSERT_EQUAL(result.replies[0].n, 2);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[1].message_id, 2);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[1].code, ES_OK);
	CU_ASSERT_STRING_EQUAL(
	    result.replies[0].outcomes[1].client_id, envelopes[0].messages[1].client_id);
	CU_ASSERT_EQUAL(
	    result.replies[1].outcomes[0].message_id, 4); /* number 3 is carol's join */

	CU_ASSERT_EQUAL_FATAL(result.n_events, 4);
	e = result.events;
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(e[i].seq, i + 1);
		CU_ASSERT_TRUE(clock_wall_ms() - e[i].created_ms < 60000);
		SAME(e[i].channel, id);
		SAME(e[i].tenant, f.bob.tenant);
	}
	CU_ASSERT_STRING_EQUAL(e[0].body, bobs[0]);
	CU_ASSERT_STRING_EQUAL(e[1].body, bobs[1]);
	CU_ASSERT_STRING_EQUAL(e[1].display_name, "Bob");
	CU_ASSERT_EQUAL(e[1].accepted_ms, envelopes[0].accepted_ms);
	CU_ASSERT_EQUAL(e[2].kind, EVENT_MEMBER_JOINED);
	CU_ASSERT_PTR_NULL(e[2].body);
	CU_ASSERT_PTR_NOT_NULL(strstr(e[2].payload, f.carol.user.text));
	CU_ASSERT_EQUAL(e[3].kind, EVENT_MESSAGE);
	CU_ASSERT_STRING_EQUAL(e[3].traceparent, "00-trace-01");
}

static void
a_repeat_has_the_outcome_of_the_first_message(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "repeats", false);
	const char *const bodies[] = {"x", "y"};
	struct envelope e = fixture_envelope(&f, &f.bob, &id, bodies, 2);
	const char *const key[] = {id.text, f.bob.tenant.text};

	FINE(batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(
	    fixture_number(&f, &f.bob.tenant,
		"UPDATE messages SET body = 'edited', edited_at = now()"
		" WHERE channel_id = $1 AND tenant_id = $2 AND id = 1 RETURNING 1",
		key, 2),
	    1);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, &f.bob.tenant,
		"UPDATE messages SET deleted_at = now()"
		" WHERE channel_id = $1 AND tenant_id = $2 AND id = 2 RETURNING 1",
		key, 2),
	    1);
	FINE(batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.n_repeats, 2);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].result, OUTCOME_REPEAT);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].message_id, 1);
	CU_ASSERT_EQUAL_FATAL(result.n_events, 2); /* fanout publishes it again */
	CU_ASSERT_STRING_EQUAL(result.events[0].body, "edited");
	CU_ASSERT_TRUE(result.events[0].edited);
	CU_ASSERT_TRUE(result.events[1].deleted);
	CU_ASSERT_PTR_NULL(result.events[1].body);
}

static void
a_refused_message_makes_no_event(void)
{
	const struct channel_id closed = fixture_channel(&f, &f.bob, "closed", true);
	const struct channel_id open = fixture_channel(&f, &f.bob, "open", false);
	const struct channel_id foreign =
	    fixture_channel(&f, &f.foreign, "foreign", false);
	const char *const body[] = {"x"};
	struct envelope e[] = {fixture_envelope(&f, &f.carol, &closed, body, 1),
	    fixture_envelope(&f, &f.bob, &foreign, body, 1),
	    fixture_envelope(&f, &f.bob, &open, body, 1),
	    fixture_envelope(&f, &f.bob, &open, body, 1)};

	envelope_message_init(&e[2].messages[0], &f.bob.user, "same", "first", f.arena);
	envelope_message_init(&e[3].messages[0], &f.bob.user, "same", "other", f.arena);
	FINE(batch_store_commit(f.pg, NULL, e, 4, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.n_refused, 3);
	CU_ASSERT_EQUAL(result.n_events, 1);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].code, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(result.replies[1].outcomes[0].code, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(result.replies[2].outcomes[0].code, ES_OK);
	CU_ASSERT_EQUAL(result.replies[3].outcomes[0].code, ES_KEY_REUSED);
}

/* A redelivered entry stays refused, because its sender has the refusal. A new envelope
 * is a new attempt. */
static void
a_refused_entry_stays_refused(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "archived", false);
	const char *const body[] = {"x"};
	struct envelope e[2];
	struct channel channel;
	struct event event;

	for (size_t i = 0; i < 2; i++) {
		e[i] = fixture_envelope(&f, &f.bob, &id, body, 1);
		envelope_message_init(
		    &e[i].messages[0], &f.bob.user, "same", "x", f.arena);
	}
	FINE(channel_store_archive(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	FINE(batch_store_commit(f.pg, NULL, e, 1, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].code, ES_CHANNEL_ARCHIVED);
	FINE(channel_store_unarchive(
	    f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	FINE(batch_store_commit(f.pg, NULL, e, 2, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].code, ES_CHANNEL_ARCHIVED);
	CU_ASSERT_EQUAL(result.replies[1].outcomes[0].result, OUTCOME_COMMITTED);
	/* now it is a repeat of the committed message */
	FINE(batch_store_commit(f.pg, NULL, e, 1, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].result, OUTCOME_REPEAT);
}

/* A query by client message id returns a dead letter as a refusal. */
static void
a_look_up_finds_a_dead_letter(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "dead", false);
	const char *const body[] = {"x"};
	struct envelope e = fixture_envelope(&f, &f.bob, &id, body, 1);
	const struct batch_dead dead = {.source = f.owner.tenant.text,
	    .source_id = "9-1",
	    .reason = "poison",
	    .entry = "x",
	    .len = 1,
	    .of = &e};
	enum es_code refusal = ES_OK;
	struct message message;

	for (int i = 0; i < 2; i++) {
		FINE(batch_store_dead_letter(f.pg, NULL, &dead, f.arena, &f.err));
		REFUSED(f,
		    message_store_by_client_id(f.pg, &f.bob, &id, e.messages[0].client_id,
			f.arena, &message, &refusal, &f.err),
		    ES_GONE, NULL);
		CU_ASSERT_EQUAL(refusal, ES_INVALID);
	}
}

static void
only_the_partitions_owner_commits(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "fenced", false);
	const char *const body[] = {"x"};
	const struct envelope e = fixture_envelope(&f, &f.bob, &id, body, 1);
	struct partition mine, taken;
	struct batch_fence fence = {.partition = own_partition(&mine), .done = "7-0"};
	struct batch_dead dead = {.source = f.owner.tenant.text,
	    .source_id = "7-1",
	    .reason = "malformed",
	    .entry = "\0\xff{",
	    .len = 3};
	bool got;

	fence.epoch = mine.epoch;
	FINE(batch_store_commit(f.pg, &fence, &e, 1, f.arena, &result, &f.err));
	FINE(partition_store_claim(f.pg, fence.partition, f.owner.tenant.text, 60000,
	    f.arena, &taken, &got, &f.err));
	CU_ASSERT_TRUE_FATAL(got);
	CU_ASSERT_EQUAL(taken.epoch, mine.epoch + 1);
	CU_ASSERT_STRING_EQUAL(taken.done, "7-0");

	CU_ASSERT_EQUAL(batch_store_commit(f.pg, &fence, &e, 1, f.arena, &result, &f.err),
	    ES_INTERNAL);
	CU_ASSERT_TRUE(batch_store_fenced(&f.err));
	CU_ASSERT_FALSE(pg_transient(f.err.sqlstate));
	CU_ASSERT_NOT_EQUAL(
	    batch_store_dead_letter(f.pg, &fence, &dead, f.arena, &f.err), ES_OK);
	CU_ASSERT_TRUE(batch_store_fenced(&f.err));
	CU_ASSERT_NOT_EQUAL(
	    partition_store_done(f.pg, &mine, "8-0", f.arena, &f.err), ES_OK);
	CU_ASSERT_TRUE(batch_store_fenced(&f.err));

	fence.epoch = taken.epoch;
	FINE(batch_store_dead_letter(f.pg, &fence, &dead, f.arena, &f.err));
	FINE(batch_store_dead_letter(
	    f.pg, &fence, &dead, f.arena, &f.err)); /* stored once */
	CU_ASSERT_EQUAL(
	    fixture_number(&f, NULL,
		"SELECT count(*) FROM es_dead_letter_list(NULL, 1000)"
		" WHERE source = $1 AND entry = '\\x00ff7b' AND reason = 'malformed'",
		(const char *const[]){f.owner.tenant.text}, 1),
	    1);
	FINE(partition_store_release(f.pg, &taken, f.arena, &f.err));
}

/* Two channels, two partitions, one transaction. */
static void
several_partitions_are_committed_together(void)
{
	const char *const body[] = {"x"};
	const struct channel_id one = fixture_channel(&f, &f.bob, "many-one", false),
				two = fixture_channel(&f, &f.bob, "many-two", false);
	struct envelope e[] = {fixture_envelope(&f, &f.bob, &one, body, 1),
	    fixture_envelope(&f, &f.bob, &two, body, 1)};
	struct partition p[2], taken;
	struct batch_fence fences[2];
	struct batch_commit *commit;
	bool got;

	for (size_t i = 0; i < 2; i++)
		fences[i] = (struct batch_fence){.partition = own_partition(&p[i]),
		    .epoch = p[i].epoch,
		    .done = i == 0 ? "4-0" : NULL};
	CU_ASSERT_NOT_EQUAL_FATAL(fences[0].partition, fences[1].partition);
	fences[1].epoch = p[1].epoch;
	FINE(batch_store_start(f.pg, fences, 2, e, 2, f.arena, &commit, &f.err));
	FINE(batch_store_finish(f.pg, commit, &result, &f.err));
	CU_ASSERT_EQUAL(result.n_committed, 2);
	SAME(result.replies[1].envelope, e[1].id);
	CU_ASSERT_EQUAL(result.replies[1].outcomes[0].message_id, 1);
	FINE(partition_store_claim(f.pg, fences[0].partition, f.owner.tenant.text, 60000,
	    f.arena, &taken, &got, &f.err));
	CU_ASSERT_STRING_EQUAL(taken.done, "4-0");

	/* now this worker holds only the second */
	e[0] = fixture_envelope(&f, &f.bob, &one, body, 1);
	e[1] = fixture_envelope(&f, &f.bob, &two, body, 1);
	FINE(batch_store_start(f.pg, fences, 2, e, 2, f.arena, &commit, &f.err));
	CU_ASSERT_EQUAL(batch_store_finish(f.pg, commit, &result, &f.err), ES_INTERNAL);
	CU_ASSERT_TRUE(batch_store_fenced(&f.err));
	FINE(batch_store_start(f.pg, fences + 1, 1, e + 1, 1, f.arena, &commit, &f.err));
	FINE(batch_store_finish(f.pg, commit, &result, &f.err));
	/* the refused batch has taken no number */
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].message_id, 2);
	FINE(partition_store_release(f.pg, &taken, f.arena, &f.err));
	FINE(partition_store_release(f.pg, &p[1], f.arena, &f.err));
}

static void
a_lease_is_renewed_and_released(void)
{
	struct partition p, other, *all;
	const unsigned number = own_partition(&p);
	struct partition parts[2] = {p, p};
	bool kept[2], got = true, seen = false;
	size_t n;

	FINE(partition_store_claim(
	    f.pg, number, "somebody else", 60000, f.arena, &other, &got, &f.err));
	CU_ASSERT_FALSE(got);
	parts[1].number = 99; /* a partition that we never held */
	FINE(partition_store_renew(f.pg, parts, 2, 90000, f.arena, kept, &f.err));
	CU_ASSERT_TRUE(kept[0] && !kept[1]);
	CU_ASSERT_TRUE(parts[0].until_ms > p.until_ms);
	FINE(partition_store_done(f.pg, &p, "5-5", f.arena, &f.err));
	FINE(partition_store_list(f.pg, f.arena, &all, &n, &f.err));
	for (size_t i = 0; i < n; i++)
		if (all[i].number == (int64_t)number) {
			seen = true;
			CU_ASSERT_TRUE(all[i].held);
			CU_ASSERT_STRING_EQUAL(all[i].done, "5-5");
			CU_ASSERT_STRING_EQUAL(all[i].owner, f.owner.tenant.text);
		}
	CU_ASSERT_TRUE(seen);
	FINE(partition_store_release(f.pg, &p, f.arena, &f.err));
	FINE(partition_store_claim(
	    f.pg, number, "somebody else", 1, f.arena, &other, &got, &f.err));
	CU_ASSERT_TRUE(got);
	FINE(partition_store_renew(f.pg, &p, 1, 60000, f.arena, kept, &f.err));
	CU_ASSERT_FALSE(kept[0]);
	FINE(partition_store_release(f.pg, &other, f.arena, &f.err));
}

static void
reports_a_failure_that_a_message_causes(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "faulty", false);
	const char *const bodies[] = {"fine", "\xff\xfe"};
	const struct envelope e = fixture_envelope(&f, &f.bob, &id, bodies, 2);
	bool more = true;

	CU_ASSERT_NOT_EQUAL(
	    batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err), ES_OK);
	CU_ASSERT_FALSE(pg_transient(f.err.sqlstate));
	CU_ASSERT_FALSE(batch_store_miscounted(f.pg, &f.err));
	CU_ASSERT_FALSE(batch_store_fenced(&f.err));
	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, NULL, "on it goes").message_id, 1);
	FINE(batch_store_purge(f.pg, 1000, f.arena, &more, &f.err));
	CU_ASSERT_FALSE(more);
}

/* After a restore, the counter of a channel may be lower than its last message. A
 * counter may also be at its maximum. */
static void
reports_a_failure_that_a_counter_causes(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "restored", false);
	const char *const key[] = {f.bob.tenant.text, id.text};
	const char *const body[] = {"next"};
	const struct envelope e = fixture_envelope(&f, &f.bob, &id, body, 1);
	static const char *const wrong[] = {"0", "9007199254740991"};
	char sql[200];

	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, NULL, "first").message_id, 1);
	for (size_t i = 0; i < ES_COUNT(wrong); i++) {
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE channel_heads SET last_seq = %s WHERE tenant_id = $1"
		    " AND channel_id = $2 RETURNING 1",
		    wrong[i]);
		CU_ASSERT_EQUAL(fixture_owner_number(&f, &f.bob.tenant, sql, key, 2), 1);
		CU_ASSERT_NOT_EQUAL(
		    batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err),
		    ES_OK);
		CU_ASSERT_FALSE(pg_transient(f.err.sqlstate));
		CU_ASSERT_TRUE(batch_store_miscounted(f.pg, &f.err));
	}
}

static CU_TestInfo cases[] = {
    {"reports a failure that a counter causes", reports_a_failure_that_a_counter_causes},
    {"a refused entry stays refused", a_refused_entry_stays_refused},
    {"a look-up finds a dead letter", a_look_up_finds_a_dead_letter},
    {"commits in order and answers each", commits_in_order_and_answers_each},
    {"a repeat has the outcome of the first message",
	a_repeat_has_the_outcome_of_the_first_message},
    {"a refused message makes no event", a_refused_message_makes_no_event},
    {"only the partition's owner commits", only_the_partitions_owner_commits},
    {"several partitions are committed together",
	several_partitions_are_committed_together},
    {"a lease is renewed and released", a_lease_is_renewed_and_released},
    {"reports a failure that a message causes", reports_a_failure_that_a_message_causes},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("batch_store", cases, f)
