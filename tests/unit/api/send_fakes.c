#include "send_fakes.h"

#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "env/api_metrics.h"
#include "env/budget.h"
#include "guard/channel_access.h"
#include "send/send_limits.h"
#include "send/send_reply.h"

#include "core/banned.h"

struct send_fakes world;
static char queued[2048];

enum es_code
queue_send(struct queue *q, const struct queue_msg *msg, struct es_err *err)
{
	(void)q;
	CU_ASSERT_STRING_EQUAL(msg->group, CHANNEL_ID);
	world.guards += msg->guard != NULL;
	if (msg->guard != NULL && world.limits != ES_OK)
		return es_fail(err, world.limits, "no");
	world.enqueued++;
	(void)snprintf(queued, sizeof(queued), "%s", msg->body);
	world.queued = queued;
	world.named_reply = strstr(msg->body, "\"es:r:fake\"") != NULL;
	return world.queue == ES_OK ? ES_OK : es_fail(err, world.queue, "queue");
}

void
budget_for_send(struct api *api)
{
	(void)api;
}

void
budget_for_enqueue(struct api *api)
{
	(void)api;
}

struct send_reply *
send_reply_new(const char *redis_url)
{
	(void)redis_url;
	return (struct send_reply *)(void *)&world;
}

void
send_reply_free(struct send_reply **r)
{
	*r = NULL;
}

const char *
send_reply_topic(struct send_reply *r, struct redis *redis, struct arena *a)
{
	(void)r, (void)redis, (void)a;
	return world.subscribed ? "es:r:fake" : NULL;
}

bool
send_reply_wait(struct send_reply *r, const struct uuid *envelope, int64_t wait_ms,
    struct arena *a, struct outcome *out, bool *lost)
{
	(void)r, (void)envelope, (void)wait_ms, (void)a;
	world.waits++;
	*lost = world.lost && world.waits == 1;
	*out = world.outcome;
	return world.answered && !*lost;
}

enum es_code
outcome_store_get(struct pg *pg, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[], struct es_err *err)
{
	(void)pg, (void)e, (void)a, (void)err;
	world.asked++;
	known[0] = world.in_database;
	outcomes[0] = world.outcome;
	return ES_OK;
}

enum es_code
outcome_store_supersede(
    struct pg *pg, const struct envelope *e, struct arena *a, struct es_err *err)
{
	(void)pg, (void)e, (void)a, (void)err;
	CU_ASSERT_NOT_EQUAL(world.enqueued, 0);
	world.superseded++;
	return ES_OK;
}

enum es_code
channel_access_check_post(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err)
{
	(void)api, (void)req, (void)channel;
	return world.visible == ES_OK ? ES_OK : es_fail(err, world.visible, "no");
}

enum es_code
message_change_store_check(struct pg *pg, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user,
    const struct envelope_message *m, struct arena *a, struct es_err *err)
{
	(void)pg, (void)tenant, (void)channel, (void)user, (void)a;
	world.checked = *m;
	if (world.may_text != NULL)
		return es_fail(err, world.may, "%s", world.may_text);
	return world.may == ES_OK ? ES_OK : es_fail(err, world.may, "no");
}

enum es_code
message_change_store_refuse(enum es_code code, struct es_err *err)
{
	return es_fail(err, code, "refused");
}

enum es_code
send_limits_begin(struct api *api, const struct http_req *req, struct http_res *res,
    struct send_charge *out, struct es_err *err)
{
	(void)api, (void)req, (void)res;
	*out = (struct send_charge){.due = world.guarded};
	return world.guarded ? ES_OK : send_limits_charge(out, err);
}

enum es_code
send_limits_charge(struct send_charge *c, struct es_err *err)
{
	c->due = false;
	world.charged++;
	return world.limits == ES_OK ? ES_OK : es_fail(err, world.limits, "no");
}

const struct queue_guard *
send_limits_guard(struct send_charge *c)
{
	return c->due ? &c->guard : NULL;
}

enum es_code
message_store_get(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, struct arena *a, struct message *out,
    struct es_err *err)
{
	(void)pg, (void)who, (void)channel, (void)a, (void)err;
	*out = world.first;
	world.read++;
	out->id = id;
	return ES_OK;
}

/* The test does not check metrics. */
void
api_metrics_count(struct metrics *m, enum api_metric what)
{
	(void)m, (void)what;
}
