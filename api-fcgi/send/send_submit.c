#include "send/send_submit.h"

#include "core/clock.h"
#include "core/outage.h"
#include "env/api_metrics.h"
#include "env/budget.h"
#include "send/send_gate.h"
#include "send/send_reply.h"
#include "store/outcome_store.h"

#include "core/banned.h"

static enum es_code
send_submit_enqueue(struct api *api, const struct envelope *e,
    const struct queue_guard *guard, struct arena *a, struct es_err *err)
{
	struct text t;

	text_init(&t, a, ENVELOPE_BYTES_MAX);
	envelope_encode(e, &t);
	if (t.overflow)
		return es_fail(
		    err, ES_TOO_LARGE, "the message is too large for the queue");
	budget_for_enqueue(api);
	return queue_send(api->queue,
	    &(struct queue_msg){.body = t.data,
		.len = t.len,
		.group = e->channel.text,
		.dedupe = e->id.text,
		.guard = guard},
	    err);
}

/* Looks up the outcome in PostgreSQL, since pub/sub may have lost the reply. Sets *fine
 * when PostgreSQL has answered. */
static bool
send_submit_look_up(struct api *api, const struct envelope *e, struct arena *a,
    struct outcome *out, bool *fine)
{
	struct es_err err = {0};
	bool known = false;

	*fine = outcome_store_get(api->pg, e, a, out, &known, &err) == ES_OK;
	if (!*fine)
		outage_report_failed_call(&err);
	return *fine && known;
}

/* Takes back an earlier refusal of the same clientMessageId. A failure is only logged:
 * the message is in the queue, so the answer is 202 in any case. */
static void
send_submit_supersede(struct api *api, const struct envelope *e, struct arena *a)
{
	struct es_err err;

	if (!e->messages[0].minted &&
	    outcome_store_supersede(api->pg, e, a, &err) != ES_OK)
		outage_report_failed_call(&err);
}

/* Takes a seat at the send gate and returns the topic for the reply. Returns NULL when
 * the send must not wait. */
static const char *
send_submit_begin_wait(struct api *api, struct arena *a)
{
	const char *topic;

	if (api->conf->send_wait_ms == 0)
		return NULL;
	if (api->reply == NULL)
		api->reply = send_reply_new(api->conf->common.redis_url);
	topic = send_reply_topic(api->reply, api->redis, a);
	if (topic == NULL || !send_gate_enter(api->gate, api->slot, clock_mono_ms()))
		return NULL;
	return topic;
}

static bool
send_submit_await(
    struct api *api, const struct envelope *e, struct arena *a, struct outcome *out)
{
	const int64_t deadline_ms = clock_mono_ms() + api->conf->send_wait_ms;

	for (;;) {
		const int64_t left_ms = deadline_ms - clock_mono_ms();
		bool lost = false, fine;

		if (send_reply_wait(api->reply, &e->id, left_ms, a, out, &lost))
			return true;
		if (send_submit_look_up(api, e, a, out, &fine))
			return true;
		if (lost)
			continue;
		if (fine)
			send_submit_supersede(api, e, a);
		return false;
	}
}

enum es_code
send_submit(struct api *api, struct envelope *e, const struct queue_guard *guard,
    bool wait, struct arena *a, bool *known, struct outcome *out, struct es_err *err)
{
	enum es_code rc;

	*known = false;
	e->reply = wait ? send_submit_begin_wait(api, a) : NULL;
	rc = send_submit_enqueue(api, e, guard, a, err);
	if (e->reply == NULL) {
		if (rc == ES_OK)
			send_submit_supersede(api, e, a);
		return rc;
	}
	if (rc != ES_OK) {
		send_gate_free_seat(api->gate, api->slot);
		return rc;
	}
	*known = send_submit_await(api, e, a, out);
	send_gate_leave(api->gate, api->slot, *known);
	if (!*known)
		api_metrics_count(api->metrics, API_SEND_TIMEOUTS);
	return ES_OK;
}
