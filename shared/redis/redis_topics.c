/* Subscriptions for an event loop. */
#include <ev.h>
#include <hiredis/sds.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "redis/redis_async.h"
#include "redis/redis_link.h"
#include "redis/redis_topic_table.h"

#include "core/banned.h"

#define DIAL_MS   5000
#define PING_S    2.0
#define PINGS_MAX 2 /* one reply may be unread after a long turn of the loop */
/* commands outstanding; hiredis moves its whole buffer at each write */
#define WINDOW 512

/* Nothing is published on this topic. It stays subscribed, so that hiredis never leaves
 * the subscribed state while commands are outstanding. Subscribing to it again serves as
 * our PING. */
#define PING_TOPIC "es:beat"

struct redis_topics {
	struct ev_loop *loop;
	struct redis_link *link;
	struct redis_topics_events events;
	struct topic_table table;
	size_t outstanding;
	ev_timer ping_timer;
	unsigned pings; /* sent and unanswered */
};

static void redis_topics_on_reply(redisAsyncContext *ac, void *data, void *ctx);

static void
redis_topics_send_command(struct redis_topics *t, const char *verb, const char *topic)
{
	const char *argv[] = {verb, topic};

	/* Fails only while the context is being freed. After the reconnect, all topics
	 * are subscribed again. */
	(void)redisAsyncCommandArgv(
	    redis_link_context(t->link), redis_topics_on_reply, t, 2, argv, NULL);
}

/* Sends the command that brings the topic's state in Redis nearer to the wanted one. */
static void
redis_topics_send_change(struct redis_topics *t, struct topic *topic)
{
	if (topic->wanted &&
	    (topic->state == TOPIC_OFF || (topic->state == TOPIC_ON && topic->confirm))) {
		topic->state = TOPIC_JOINING;
		topic->confirm = false;
		t->outstanding++;
		redis_topics_send_command(t, "SUBSCRIBE", topic->name);
	} else if (!topic->wanted && topic->state == TOPIC_ON) {
		topic->state = TOPIC_LEAVING;
		t->outstanding++;
		redis_topics_send_command(t, "UNSUBSCRIBE", topic->name);
	} else if (!topic->wanted && topic->state == TOPIC_OFF) {
		topic_table_remove(&t->table, topic);
	}
}

static void
redis_topics_send_changes(struct redis_topics *t)
{
	struct topic *topic;

	while (redis_topics_up(t) && t->outstanding < WINDOW &&
	       (topic = topic_table_next(&t->table)) != NULL)
		redis_topics_send_change(t, topic);
}

static void
redis_topics_on_confirmation(
    struct redis_topics *t, const char *name, enum topic_state state)
{
	struct topic *topic = topic_table_find(&t->table, name);
	bool tell;

	if (strcmp(name, PING_TOPIC) == 0) {
		t->pings = 0;
		return;
	}
	if (topic == NULL)
		return;
	t->outstanding--;
	topic->state = state;
	tell = state == TOPIC_ON && topic->wanted;
	topic_table_queue(&t->table, topic);
	redis_topics_send_changes(t);
	if (tell)
		t->events.subscribed(t->events.ctx, name);
}

static void
redis_topics_on_message(
    const struct redis_topics *t, const redisReply *name, const redisReply *data)
{
	const struct topic *topic = topic_table_find(&t->table, name->str);

	if (topic != NULL && topic->wanted && data->type == REDIS_REPLY_STRING)
		t->events.message(t->events.ctx, name->str, data->str, (size_t)data->len);
}

static void
redis_topics_on_reply(redisAsyncContext *ac, void *data, void *ctx)
{
	const redisReply *reply = data;
	const char *kind;

	if (reply == NULL)
		redis_link_lost(ac);
	if (reply == NULL || !redis_link_current(ac)) /* ctx may be freed */
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING)
		return;
	kind = reply->element[0]->str;
	if (strcmp(kind, "message") == 0)
		redis_topics_on_message(ctx, reply->element[1], reply->element[2]);
	else if (strcmp(kind, "subscribe") == 0)
		redis_topics_on_confirmation(ctx, reply->element[1]->str, TOPIC_ON);
	else if (strcmp(kind, "unsubscribe") == 0)
		redis_topics_on_confirmation(ctx, reply->element[1]->str, TOPIC_OFF);
}

static void
redis_topics_ping(struct redis_topics *t)
{
	t->pings++;
	redis_topics_send_command(t, "SUBSCRIBE", PING_TOPIC);
}

static void
redis_topics_on_ping_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct redis_topics *t = timer->data;

	(void)loop, (void)revents;
	if (!redis_topics_up(t))
		return;
	if (t->pings >= PINGS_MAX)
		redis_link_drop(t->link);
	else
		redis_topics_ping(t);
}

static void
redis_topics_on_up(void *ctx)
{
	struct redis_topics *t = ctx;

	t->outstanding = 0;
	topic_table_reset(&t->table);
	redis_topics_ping(t);
	redis_topics_send_changes(t);
	t->events.state(t->events.ctx, true);
}

static void
redis_topics_on_down(void *ctx)
{
	struct redis_topics *t = ctx;

	t->outstanding = 0;
	t->pings = 0;
	topic_table_reset(&t->table);
	t->events.state(t->events.ctx, false);
}

enum es_code
redis_topics_open(struct ev_loop *loop, const char *url,
    const struct redis_topics_events *events, struct redis_topics **out,
    struct es_err *err)
{
	struct redis_topics *t = mem_new(1, sizeof(*t));
	const struct redis_link_events link_events = {
	    .up = redis_topics_on_up, .down = redis_topics_on_down, .ctx = t};
	enum es_code rc;

	t->loop = loop;
	t->events = *events;
	rc = redis_link_open(loop, url, DIAL_MS, &link_events, &t->link, err);
	if (rc != ES_OK) {
		free(t);
		return rc;
	}
	topic_table_init(&t->table);
	ev_timer_init(&t->ping_timer, redis_topics_on_ping_timer, PING_S, PING_S);
	t->ping_timer.data = t;
	ev_timer_start(loop, &t->ping_timer);
	*out = t;
	return ES_OK;
}

void
redis_topics_close(struct redis_topics **handle)
{
	struct redis_topics *t = *handle;

	if (t == NULL)
		return;
	*handle = NULL;
	ev_timer_stop(t->loop, &t->ping_timer);
	redis_link_close(&t->link);
	topic_table_fini(&t->table);
	free(t);
}

void
redis_topics_add(struct redis_topics *t, const char *name)
{
	struct topic *topic = topic_table_find(&t->table, name);

	CHECK(strcmp(name, PING_TOPIC) != 0);
	if (topic == NULL)
		topic = topic_table_add(&t->table, name);
	if (topic->wanted)
		return;
	topic->wanted = true;
	/* UNSUBSCRIBE is not sent yet: subscribe again, to get a confirmation. */
	if (topic->state == TOPIC_ON)
		topic->state = TOPIC_OFF;
	topic_table_queue(&t->table, topic);
	redis_topics_send_changes(t);
}

void
redis_topics_remove(struct redis_topics *t, const char *name)
{
	struct topic *topic = topic_table_find(&t->table, name);

	if (topic == NULL || !topic->wanted)
		return;
	topic->wanted = false;
	topic_table_queue(&t->table, topic);
	redis_topics_send_changes(t);
}

/* hiredis drops parsed bytes by moving its position or the rest of the buffer, and does
 * not overwrite them. */
void
redis_topics_wipe(const struct redis_topics *t)
{
	const redisAsyncContext *ac = redis_link_context(t->link);
	const redisReader *reader = ac != NULL ? ac->c.reader : NULL;

	if (reader == NULL || reader->buf == NULL)
		return;
	explicit_bzero(reader->buf, reader->pos);
	explicit_bzero(reader->buf + reader->len, sdsavail(reader->buf));
}

bool
redis_topics_up(const struct redis_topics *t)
{
	return redis_link_context(t->link) != NULL;
}
