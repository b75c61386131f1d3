/* A blocking subscriber to one topic. A connection that only receives does not notice
 * when its peer disappears silently (a packet filter dropped its state). Therefore the
 * subscriber sends a PING after REDIS_SUB_PING_MS of silence. */
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "redis/redis_private.h"

#include "core/banned.h"

struct redis_sub {
	struct arena *arena; /* owns url and topic */
	struct redis_url url;
	const char *topic;
	redisContext *conn; /* NULL while down */
	bool up;            /* Redis has confirmed the subscription */
	bool was_up, lost;  /* lost: the next redis_sub_wait() reports a loss */
	unsigned tries;
	int64_t next_dial_ms;
	int64_t received_ms, pinged_ms; /* pinged_ms is 0 while no PING is outstanding */
};

static void
redis_sub_note_received(struct redis_sub *s)
{
	s->received_ms = clock_mono_ms();
	s->pinged_ms = 0;
}

/* Returns the time at which to send a PING, or to give up an unanswered one. */
static int64_t
redis_sub_ping_due_ms(const struct redis_sub *s)
{
	return s->pinged_ms != 0 ? s->pinged_ms + REDIS_SUB_SILENT_MS
	                         : s->received_ms + REDIS_SUB_PING_MS;
}

/* Call it only after all input is read. Between two calls of redis_sub_wait() nobody
 * reads, so an answer may be waiting in the socket. */
static enum es_code
redis_sub_ping(struct redis_sub *s, struct es_err *err)
{
	const int64_t now_ms = clock_mono_ms();

	if (now_ms < redis_sub_ping_due_ms(s))
		return ES_OK;
	if (s->pinged_ms != 0)
		return es_fail(err, ES_UNAVAILABLE, "Redis: no answer to a PING");
	s->pinged_ms = now_ms;
	(void)redisAppendCommand(s->conn, "PING");
	return redis_conn_flush(s->conn, now_ms + REDIS_SUB_SILENT_MS, err);
}

static void
redis_sub_hang_up(struct redis_sub *s)
{
	if (s->conn != NULL)
		redisFree(s->conn);
	s->conn = NULL;
	s->lost = s->lost || s->up;
	s->up = false;
	s->next_dial_ms =
	    clock_mono_ms() +
	    clock_backoff_ms(s->tries, REDIS_BACKOFF_MIN_MS, REDIS_BACKOFF_MAX_MS);
	s->tries++;
}

/* Returns the text of a message, else NULL. Notes a confirmed subscription. */
static const redisReply *
redis_sub_message_of(struct redis_sub *s, const redisReply *r)
{
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 3 ||
	    r->element[0]->type != REDIS_REPLY_STRING)
		return NULL;
	if (strcmp(r->element[0]->str, "subscribe") == 0) {
		/* messages published while there was no subscription are lost */
		s->lost = s->lost || s->was_up;
		s->up = s->was_up = true;
		s->tries = 0;
	}
	if (strcmp(r->element[0]->str, "message") != 0 ||
	    r->element[2]->type != REDIS_REPLY_STRING)
		return NULL;
	return r->element[2];
}

/* Reads one reply. *out stays NULL when the reply is not a message, or when no reply came
 * before the deadline. */
static enum es_code
redis_sub_read_reply(struct redis_sub *s, int64_t deadline_ms, struct arena *a,
    const char **out, size_t *out_len, struct es_err *err)
{
	redisReply *reply;
	const redisReply *message;

	TRY(redis_conn_read(s->conn, deadline_ms, &reply, err));
	if (reply == NULL)
		return ES_OK;
	redis_sub_note_received(s);
	if (reply->type == REDIS_REPLY_ERROR) {
		const enum es_code rc =
		    es_fail(err, ES_UNAVAILABLE, "Redis: %s", reply->str);

		freeReplyObject(reply);
		return rc;
	}
	message = redis_sub_message_of(s, reply);
	if (message != NULL) {
		*out = arena_memdup(a, message->str, (size_t)message->len);
		*out_len = (size_t)message->len;
	}
	freeReplyObject(reply);
	return ES_OK;
}

static enum es_code
redis_sub_dial(struct redis_sub *s, int64_t deadline_ms, struct es_err *err)
{
	const char *argv[] = {"SUBSCRIBE", s->topic};
	int64_t limit_ms = deadline_ms - clock_mono_ms();

	if (limit_ms > REDIS_SUB_DIAL_MS)
		limit_ms = REDIS_SUB_DIAL_MS;
	if (limit_ms < 20)
		limit_ms = 20;
	TRY(redis_conn_open(&s->url, limit_ms, &s->conn, err));
	redis_sub_note_received(s);
	(void)redisAppendCommandArgv(s->conn, 2, argv, NULL);
	return redis_conn_flush(s->conn, clock_mono_ms() + limit_ms, err);
}

/* Tries to subscribe immediately, so that the first redis_sub_wait() does not have to
 * connect. */
static void
redis_sub_first_subscription(struct redis_sub *s)
{
	const int64_t deadline_ms = clock_mono_ms() + REDIS_SUB_DIAL_MS;
	struct arena *a = arena_new();
	struct es_err err;
	const char *data;
	size_t len;
	enum es_code rc = redis_sub_dial(s, deadline_ms, &err);

	while (rc == ES_OK && !s->up && clock_mono_ms() < deadline_ms)
		rc = redis_sub_read_reply(s, deadline_ms, a, &data, &len, &err);
	if (!s->up)
		redis_sub_hang_up(s);
	arena_free(&a);
}

enum es_code
redis_sub_open(
    const char *url, const char *topic, struct redis_sub **out, struct es_err *err)
{
	struct redis_sub *s = mem_new(1, sizeof(*s));
	enum es_code rc;

	s->arena = arena_new();
	s->topic = arena_strdup(s->arena, topic);
	rc = redis_url_parse(url, s->arena, &s->url, err);
	if (rc != ES_OK) {
		redis_sub_close(&s);
		return rc;
	}
	redis_sub_first_subscription(s);
	*out = s;
	return ES_OK;
}

/* Sleeps until the end of the back-off or the deadline, whichever is first. True: dial
 * now. */
static bool
redis_sub_sleep_until_dial(const struct redis_sub *s, int64_t deadline_ms)
{
	const int64_t now_ms = clock_mono_ms();
	const int64_t until_ms =
	    s->next_dial_ms < deadline_ms ? s->next_dial_ms : deadline_ms;

	if (until_ms > now_ms)
		clock_sleep_ms(until_ms - now_ms);
	return clock_mono_ms() >= s->next_dial_ms;
}

static int64_t
redis_sub_earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Dials if necessary, reads at most one reply, and sends a PING when it is due. Closes a
 * connection that fails. */
static void
redis_sub_run_once(struct redis_sub *s, int64_t deadline_ms, struct arena *a,
    const char **data, size_t *len, struct es_err *err)
{
	enum es_code rc = ES_OK;

	if (s->conn == NULL && redis_sub_sleep_until_dial(s, deadline_ms))
		rc = redis_sub_dial(s, deadline_ms, err);
	if (s->conn != NULL && rc == ES_OK)
		rc = redis_sub_read_reply(s,
		    redis_sub_earlier(redis_sub_ping_due_ms(s), deadline_ms), a, data,
		    len, err);
	if (s->conn != NULL && rc == ES_OK && *data == NULL)
		rc = redis_sub_ping(s, err);
	if (rc != ES_OK)
		redis_sub_hang_up(s);
}

enum es_code
redis_sub_wait(struct redis_sub *s, int64_t wait_ms, struct arena *a, const char **out,
    size_t *out_len, bool *lost, struct es_err *err)
{
	const int64_t deadline_ms = clock_mono_ms() + wait_ms;

	*out = NULL;
	*out_len = 0;
	do {
		redis_sub_run_once(s, deadline_ms, a, out, out_len, err);
		if (lost != NULL && s->lost && s->up)
			break; /* subscribed again: the caller looks up what it missed */
	} while (*out == NULL && clock_mono_ms() < deadline_ms);
	if (lost == NULL)
		return ES_OK;
	*lost = s->lost;
	s->lost = false;
	return ES_OK;
}

bool
redis_sub_up(const struct redis_sub *s)
{
	return s->up;
}

void
redis_sub_close(struct redis_sub **s)
{
	if (*s == NULL)
		return;
	if ((*s)->conn != NULL)
		redisFree((*s)->conn);
	arena_free(&(*s)->arena);
	free(*s);
	*s = NULL;
}
