/* Receives messages. Each queue has one long poll in flight at any time, also between two
 * calls. So a caller can look for messages without waiting, although SQS gets only one
 * request in LONG_POLL_S. A poll returns at most ten messages. After a full answer, brief
 * polls fill the caller's batch; an answer that is not full says that the queue has no
 * more. SQS locks a group whose messages are leased, so messages of several polls keep
 * the order of their group. */
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "queue/queue_sqs_creds.h"
#include "queue/queue_sqs_private.h"

#include "core/banned.h"

/* seconds that SQS waits for messages before it answers; for so long a hung SQS looks
 * idle */
#define LONG_POLL_S 3
/* libcurl's time-out is off: it may fire although the answer is in the socket */
#define NO_TIMEOUT 0
/* ms; a receive that waits advances the transfers at least this often */
#define ADVANCE_MS 500
/* ms; after a longer pause between two calls, the process was stopped or busy
 * elsewhere */
#define ABSENT_MS 1000
/* ms to wait for polls in flight before they are cancelled */
#define CLOSE_MS 250
/* ms; fill a batch for at most this long, because its first messages are waiting */
#define FILL_MS 50

struct message {
	const char *MessageId, *ReceiptHandle, *Body, *Attributes;
};

struct attributes {
	int64_t ApproximateReceiveCount, SentTimestamp;
	const char *MessageGroupId;
};

static void
queue_sqs_receive_poll_body(struct queue_sqs *q, size_t queue, bool brief, size_t max,
    struct arena *a, struct text *body)
{
	static const char *const wanted[] = {
	    "ApproximateReceiveCount", "SentTimestamp", "MessageGroupId"};
	struct json_write w;

	queue_sqs_begin_body(q->sqs, queue, a, body, &w);
	jw_int(&w, "MaxNumberOfMessages", (int64_t)max);
	jw_int(&w, "WaitTimeSeconds", brief ? 0 : LONG_POLL_S);
	/* Old servers know only "AttributeNames", new ones prefer the other name. */
	for (size_t name = 0; name < 2; name++) {
		jw_array(
		    &w, name == 0 ? "MessageSystemAttributeNames" : "AttributeNames");
		for (size_t i = 0; i < ES_COUNT(wanted); i++)
			jw_string(&w, NULL, wanted[i]);
		jw_array_end(&w);
	}
	jw_object_end(&w);
}

static enum es_code
queue_sqs_receive_start_poll(
    struct queue_sqs *q, size_t queue, bool brief, size_t max, struct es_err *err)
{
	struct sqs_poll *p = &q->polls[queue];
	struct text body;

	arena_reset(p->arena);
	p->n = p->taken = 0;
	p->brief = brief;
	p->end_ms =
	    clock_mono_ms() + q->sqs->aws.timeout_ms + (brief ? 0 : LONG_POLL_S * 1000);
	p->max = max < SQS_BATCH_MAX ? max : SQS_BATCH_MAX;
	queue_sqs_receive_poll_body(q, queue, brief, p->max, p->arena, &body);
	sqs_creds_renew(q->sqs->creds);
	TRY(sqs_call_prepare(
	    q->sqs, &p->call, "ReceiveMessage", &body, p->arena, NO_TIMEOUT, err));
	(void)curl_easy_setopt(p->call.easy, CURLOPT_PRIVATE, p);
	CHECK(curl_multi_add_handle(q->multi, p->call.easy) == CURLM_OK);
	p->in_flight = true;
	return ES_OK;
}

static enum es_code
queue_sqs_receive_parse_message(struct sqs_poll *p, size_t queue, const char *json,
    struct queue_msg *out, struct es_err *err)
{
	static const struct json_field fields[] = {
	    JSON_FIELD(struct message, MessageId, JSON_STRING, true, 1, 63),
	    JSON_FIELD(struct message, ReceiptHandle, JSON_STRING, true, 1, 4096),
	    JSON_FIELD(struct message, Body, JSON_STRING, true, 0, 1048576),
	    JSON_FIELD(struct message, Attributes, JSON_RAW, false, 0, 65536),
	};
	static const struct json_field attribute_fields[] = {
	    JSON_FIELD(struct attributes, ApproximateReceiveCount, JSON_NUMBER_OR_STRING,
		false, 0, INT32_MAX),
	    JSON_FIELD(struct attributes, SentTimestamp, JSON_NUMBER_OR_STRING, false, 0,
		INT64_MAX),
	    JSON_FIELD(struct attributes, MessageGroupId, JSON_STRING, false, 0, 200),
	};
	const int64_t now_ms = clock_wall_ms();
	struct message m = {0};
	struct attributes at = {0};

	TRY(json_bind(json, strlen(json), fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN,
	    p->arena, &m, err));
	if (m.Attributes != NULL)
		TRY(json_bind(m.Attributes, strlen(m.Attributes), attribute_fields,
		    ES_COUNT(attribute_fields), JSON_IGNORE_UNKNOWN, p->arena, &at, err));
	*out = (struct queue_msg){.body = m.Body,
	    .len = strlen(m.Body),
	    .group = at.MessageGroupId != NULL ? at.MessageGroupId : "",
	    .dedupe = "",
	    .position = m.MessageId,
	    .receipt = queue_sqs_receipt(p->arena, queue, m.ReceiptHandle),
	    .tries = (unsigned)at.ApproximateReceiveCount,
	    .age_ms = at.SentTimestamp > 0 && now_ms > at.SentTimestamp
	                  ? now_ms - at.SentTimestamp
	                  : 0};
	return ES_OK;
}

static enum es_code
queue_sqs_receive_parse_answer(struct sqs_poll *p, size_t queue, struct es_err *err)
{
	struct receive_answer {
		const struct json_list *messages; /* NULL: no messages */
	} got = {0};
	static const struct json_field list = {.name = "Messages",
	    .kind = JSON_ARRAY,
	    .nullable = true,
	    .max = SQS_BATCH_MAX};
	size_t n;

	if (json_bind(p->call.answer.data, p->call.answer.len, &list, 1,
		JSON_IGNORE_UNKNOWN, p->arena, &got, err) != ES_OK)
		return es_fail(
		    err, ES_UNAVAILABLE, "SQS: unexpected answer to ReceiveMessage");
	n = got.messages != NULL ? got.messages->n : 0;
	for (size_t i = 0; i < n; i++)
		if (queue_sqs_receive_parse_message(
			p, queue, got.messages->items[i], &p->msgs[i], err) != ES_OK)
			return es_fail(
			    err, ES_UNAVAILABLE, "SQS: a received message is malformed");
	p->n = n;
	p->idle = p->n < p->max;
	p->renewed = false;
	return ES_OK;
}

/* A poll has finished. When AWS refused the keys, repeat the poll once with new ones. */
static enum es_code
queue_sqs_receive_poll_done(
    struct queue_sqs *q, struct sqs_poll *p, CURLcode rc, struct es_err *err)
{
	const size_t queue = (size_t)(p - q->polls);
	enum es_code code;

	(void)curl_multi_remove_handle(q->multi, p->call.easy);
	p->in_flight = false;
	code = sqs_call_finish(q->sqs, &p->call, rc, err);
	if (code == ES_OK)
		return queue_sqs_receive_parse_answer(p, queue, err);
	if (p->call.again == SQS_WITH_NEW_KEYS && !p->renewed) {
		p->renewed = true;
		return queue_sqs_receive_start_poll(q, queue, p->brief, p->max, err);
	}
	return code;
}

/* Postpones the deadlines by the time in which this process made no calls. The socket of
 * a worker that was stopped, or that waited for the database, may hold an answer with
 * leased messages. */
static void
queue_sqs_receive_extend_deadlines(struct queue_sqs *q)
{
	const int64_t now = clock_mono_ms(), gone = now - q->advanced_ms;

	q->advanced_ms = now;
	for (size_t i = 0; i < q->sqs->n_urls && gone > ABSENT_MS; i++)
		q->polls[i].end_ms += gone;
}

/* Ends the polls whose deadline has passed. */
static enum es_code
queue_sqs_receive_expire_polls(struct queue_sqs *q, struct es_err *err)
{
	enum es_code rc = ES_OK;

	for (size_t i = 0; i < q->sqs->n_urls; i++)
		if (q->polls[i].in_flight && q->polls[i].end_ms <= q->advanced_ms &&
		    queue_sqs_receive_poll_done(
			q, &q->polls[i], CURLE_OPERATION_TIMEDOUT, err) != ES_OK)
			rc = err->code;
	return rc;
}

static enum es_code
queue_sqs_receive_advance(struct queue_sqs *q, struct es_err *err)
{
	enum es_code rc = ES_OK;
	struct CURLMsg *m;
	int running, left;

	queue_sqs_receive_extend_deadlines(q);
	if (curl_multi_perform(q->multi, &running) != CURLM_OK)
		return es_fail(err, ES_INTERNAL, "libcurl: curl_multi_perform");
	while ((m = curl_multi_info_read(q->multi, &left)) != NULL) {
		const CURLcode how = m->data.result;
		char *p = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
		if (queue_sqs_receive_poll_done(
			q, (struct sqs_poll *)(void *)p, how, err) != ES_OK)
			rc = err->code;
	}
	if (queue_sqs_receive_expire_polls(q, err) != ES_OK)
		rc = err->code;
	return rc;
}

/* Copies the texts to the caller's arena, because the next poll resets the poll's
 * arena. */
static void
queue_sqs_receive_move_messages(struct sqs_poll *p, size_t max, struct arena *a,
    struct queue_msg out[], size_t *found)
{
	while (p->taken < p->n && *found < max) {
		const struct queue_msg *m = &p->msgs[p->taken++];

		out[*found] = *m;
		out[*found].body = arena_memdup(a, m->body, m->len);
		out[*found].group = arena_strdup(a, m->group);
		out[*found].position = arena_strdup(a, m->position);
		out[*found].receipt = arena_strdup(a, m->receipt);
		++*found;
	}
}

static bool
queue_sqs_receive_move_all(
    struct queue_sqs *q, size_t max, struct arena *a, struct queue_msg out[], size_t *n)
{
	const size_t before = *n;

	for (size_t i = 0; i < q->sqs->n_urls; i++)
		queue_sqs_receive_move_messages(&q->polls[i], max, a, out, n);
	return *n > before;
}

/* brief: the caller does not wait for messages, so skip a queue that had no more of
 * them. */
static enum es_code
queue_sqs_receive_start_polls(
    struct queue_sqs *q, size_t max, bool brief, struct es_err *err)
{
	for (size_t i = 0; i < q->sqs->n_urls; i++) {
		struct sqs_poll *p = &q->polls[i];

		if (!p->in_flight && p->taken == p->n && !(brief && p->idle))
			TRY(queue_sqs_receive_start_poll(q, i, brief, max, err));
	}
	return ES_OK;
}

static bool
queue_sqs_receive_any_in_flight(const struct queue_sqs *q, bool brief)
{
	for (size_t i = 0; i < q->sqs->n_urls; i++)
		if (q->polls[i].in_flight && (q->polls[i].brief || !brief))
			return true;
	return false;
}

static bool
queue_sqs_receive_any_message(const struct queue_sqs *q)
{
	for (size_t i = 0; i < q->sqs->n_urls; i++)
		if (q->polls[i].taken < q->polls[i].n)
			return true;
	return false;
}

static enum es_code
queue_sqs_receive_start_and_advance(
    struct queue_sqs *q, size_t max, bool brief, struct es_err *err)
{
	TRY(queue_sqs_receive_start_polls(q, max, brief, err));
	return queue_sqs_receive_advance(q, err);
}

static void
queue_sqs_receive_wait_for_input(struct queue_sqs *q, int64_t left_ms)
{
	const int64_t ms = left_ms < ADVANCE_MS ? left_ms : ADVANCE_MS;

	(void)curl_multi_poll(q->multi, NULL, 0, (int)ms, NULL);
}

enum es_code
queue_sqs_receive(struct queue *base, unsigned partition, const char *after, size_t max,
    int64_t wait_ms, struct arena *a, struct queue_msg out[], size_t *n,
    struct es_err *err)
{
	struct queue_sqs *q = queue_sqs_from(base);
	bool brief = wait_ms <= 0;
	int64_t end_ms = clock_mono_ms() + (brief ? q->sqs->aws.timeout_ms : wait_ms);
	enum es_code rc = ES_OK;
	size_t found = 0;

	(void)partition, (void)after;
	queue_sqs_receive_extend_deadlines(q);
	for (size_t i = 0; i < q->sqs->n_urls; i++)
		q->polls[i].idle = false;
	for (;;) {
		const bool first = found == 0;
		int64_t left_ms;

		if (queue_sqs_receive_move_all(q, max, a, out, &found) && first) {
			brief = true;
			end_ms = clock_mono_ms() + FILL_MS;
		}
		left_ms = end_ms - clock_mono_ms();
		if (found >= max || left_ms <= 0)
			break;
		rc = queue_sqs_receive_start_and_advance(q, max - found, brief, err);
		if (rc != ES_OK)
			break;
		if (queue_sqs_receive_any_message(q))
			continue;
		if (!queue_sqs_receive_any_in_flight(q, brief))
			break;
		queue_sqs_receive_wait_for_input(q, left_ms);
	}
	/* Return the messages that arrived. The error will occur again at the next
	 * call. */
	if (found == 0 && rc != ES_OK)
		return rc;
	*n = found;
	return ES_OK;
}

/* Returns to SQS the messages that have arrived or arrive within CLOSE_MS. Messages of a
 * cancelled poll stay leased: SQS redelivers them only after the visibility time-out. */
static void
queue_sqs_receive_return_messages(struct queue_sqs *q)
{
	const int64_t end_ms = clock_mono_ms() + CLOSE_MS;
	struct es_err err;

	queue_sqs_receive_extend_deadlines(q);
	while (queue_sqs_receive_any_in_flight(q, false) && clock_mono_ms() < end_ms) {
		if (queue_sqs_receive_advance(q, &err) != ES_OK)
			break;
		(void)curl_multi_poll(q->multi, NULL, 0, CLOSE_MS / 10, NULL);
	}
	for (size_t i = 0; i < q->sqs->n_urls; i++) {
		const struct sqs_poll *p = &q->polls[i];

		if (p->taken < p->n)
			IGNORE(queue_sqs_visibility(
			    &q->base, 0, p->msgs + p->taken, p->n - p->taken, 0, &err));
	}
}

void
queue_sqs_receive_fini(struct queue_sqs *q)
{
	queue_sqs_receive_return_messages(q);
	for (size_t i = 0; i < q->sqs->n_urls; i++) {
		struct sqs_poll *p = &q->polls[i];

		if (p->in_flight)
			(void)curl_multi_remove_handle(q->multi, p->call.easy);
		sqs_call_fini(&p->call);
		arena_free(&p->arena);
	}
}
