/* A send waits only for its own outcomes, and only while its reply topic works. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "send/send_reply.h"

#include "core/banned.h"

#define OURS    "01900000-0000-7000-8000-000000000001"
#define ANOTHER "01900000-0000-7000-8000-000000000002"

/* The replies that the fake subscription returns, one for each read. NULL: no reply
 * before the deadline. `at` is the number of reads so far. */
static const char *replies[8];
static size_t at;
static bool subscribed, lost_once;
static bool beats;
static struct arena *mem;

enum es_code
redis_sub_open(
    const char *url, const char *topic, struct redis_sub **out, struct es_err *err)
{
	(void)url;
	(void)err;
	CU_ASSERT_EQUAL(strncmp(topic, "es:r:", 5), 0);
	*out = (struct redis_sub *)(void *)replies;
	return ES_OK;
}

void
redis_sub_close(struct redis_sub **s)
{
	*s = NULL;
}

bool
redis_sub_up(const struct redis_sub *s)
{
	(void)s;
	return subscribed;
}

enum es_code
redis_sub_wait(struct redis_sub *s, int64_t wait_ms, struct arena *a, const char **out,
    size_t *out_len, bool *lost, struct es_err *err)
{
	(void)s;
	(void)wait_ms;
	(void)a;
	(void)err;
	*out = at < ES_COUNT(replies) ? replies[at++] : NULL;
	*out_len = *out == NULL ? 0 : strlen(*out);
	if (lost != NULL)
		*lost = lost_once;
	return ES_OK;
}

enum es_code
redis_text(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err, ...)
{
	static char text[] = "0"; /* any text: only the existence of the key counts */

	(void)r;
	(void)a;
	(void)err;
	*out = (struct redis_value){.kind = REDIS_NIL};
	if (beats)
		*out = (struct redis_value){
		    .kind = REDIS_STRING, .str = text, .len = strlen(text)};
	return ES_OK;
}

static const char *
reply_of(const char *envelope)
{
	struct outcome outcome = {.client_id = "k",
	    .result = OUTCOME_COMMITTED,
	    .code = ES_OK,
	    .message_id = 7,
	    .created_ms = 1767322984678LL};
	struct reply reply = {.outcomes = &outcome, .n = 1};
	struct text t;

	(void)snprintf(reply.envelope.text, sizeof(reply.envelope.text), "%s", envelope);
	text_init(&t, mem, 4096);
	reply_encode(&reply, &t);
	return t.data;
}

static struct send_reply *
begin(void)
{
	memset(replies, 0, sizeof(replies));
	at = 0;
	subscribed = true;
	lost_once = false;
	beats = true;
	mem = arena_new();
	return send_reply_new("unix:///x");
}

static void
end(struct send_reply *r)
{
	send_reply_free(&r);
	arena_free(&mem);
}

static void
own_outcome_only(void)
{
	struct send_reply *r = begin();
	const struct uuid id = {OURS};
	struct outcome outcome;
	bool lost = false;

	replies[0] = "rubbish";
	replies[1] = reply_of(ANOTHER);
	replies[2] = reply_of(OURS);
	CU_ASSERT_TRUE(send_reply_wait(r, &id, 1000, mem, &outcome, &lost));
	CU_ASSERT_EQUAL(outcome.message_id, 7);
	CU_ASSERT_FALSE(lost);
	CU_ASSERT_EQUAL(at, 3);
	end(r);
}

static void
waiting_ends(void)
{
	struct send_reply *r = begin();
	const struct uuid id = {OURS};
	struct outcome outcome;
	bool lost = false;

	CU_ASSERT_FALSE(send_reply_wait(r, &id, 0, mem, &outcome, &lost));
	CU_ASSERT_FALSE(lost);
	/* The subscription was lost for a while, so the reply may be lost, too. The
	 * caller must ask the database immediately, not at the deadline. */
	lost_once = true;
	CU_ASSERT_FALSE(send_reply_wait(r, &id, 60000, mem, &outcome, &lost));
	CU_ASSERT_TRUE(lost);
	/* A reply that arrived before the topic was lost is still used. */
	at = 0;
	replies[0] = reply_of(OURS);
	CU_ASSERT_TRUE(send_reply_wait(r, &id, 60000, mem, &outcome, &lost));
	end(r);
}

static void
no_topic_without_subscription_or_fanout(void)
{
	static const struct {
		bool subscribed, beats, waits;
	} rows[] = {
	    {true, true, true},
	    {true, false, false},
	    {false, true, false},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct send_reply *r = begin();
		const char *topic;

		subscribed = rows[i].subscribed;
		beats = rows[i].beats;
		replies[0] = reply_of(ANOTHER); /* a late reply to an earlier send */
		topic = send_reply_topic(r, NULL, mem);
		CU_ASSERT_EQUAL(topic != NULL, rows[i].waits);
		/* With a heartbeat of fanout, the function reads the late reply, and a
		 * second read finds none. Without a heartbeat the function reads nothing.
		 */
		CU_ASSERT_EQUAL(at, beats ? 2 : 0);
		end(r);
	}
}

static CU_TestInfo cases[] = {
    {"an outcome of another send is skipped", own_outcome_only},
    {"a wait ends at its deadline or with the topic", waiting_ends},
    {"no topic without a subscription or without fanout",
	no_topic_without_subscription_or_fanout},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/send_reply", cases)
