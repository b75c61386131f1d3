#include "worker/worker.h"

#include "conn/conn_reap.h"
#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "conn/ws_receive.h"
#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "door/handshake.h"
#include "door/origins.h"
#include "frames/flood.h"
#include "hub/authz.h"
#include "hub/epoch.h"
#include "hub/own_reads.h"
#include "hub/receipts.h"
#include "hub/subscribe.h"
#include "presence/presence.h"
#include "send/change_gate.h"
#include "send/read_marks.h"
#include "send/send_outcomes.h"
#include "send/send_queue.h"
#include "store/read_mark_store.h"
#include "who/greeting.h"
#include "who/who.h"

#include "core/banned.h"

static void
worker_on_up(void *ctx, struct conn *c)
{
	struct worker *w = ctx;

	change_gate_tick(w->changes);
	greeting_begin(w->who, c);
}

static void
worker_on_bytes(void *ctx, struct conn *c, char *data, size_t len)
{
	(void)ctx;
	ws_receive(c, data, len);
}

static void
worker_on_message(void *ctx, struct conn *c, const char *data, size_t len)
{
	struct worker *w = ctx;

	frames_receive(&w->frames, c, data, len);
}

static void
worker_on_pong(void *ctx, struct conn *c)
{
	(void)ctx;
	ping_wheel_pong(c);
}

static void
worker_on_greeted(void *ctx, struct conn *c)
{
	struct worker *w = ctx;

	ping_wheel_add(w->conns.wheel, c);
	hub_conn_open(w->hub, c);
	presence_conn_open(w->presence, c);
	frames_resume(&w->frames, c);
}

static void
worker_on_ping_interval(void *ctx, struct conn *c)
{
	struct worker *w = ctx;

	who_ping_interval(w->who, c);
}

static void
worker_on_writable(void *ctx, struct conn *c)
{
	struct worker *w = ctx;

	hub_conn_writable(w->hub, c);
}

static void
worker_on_closing(void *ctx, struct conn *c)
{
	struct worker *w = ctx;

	ping_wheel_remove(c);
	presence_conn_closed(w->presence, c);
	hub_conn_closed(w->hub, c);
}

static void
worker_on_freed(void *ctx, struct conn *c)
{
	struct worker *w = ctx;

	who_forget(w->who, c);
	send_queue_forget(c);
}

static const struct conn_events worker_conn_events = {
    .up = worker_on_up,
    .bytes = worker_on_bytes,
    .message = worker_on_message,
    .pong = worker_on_pong,
    .greeted = worker_on_greeted,
    .ping_interval = worker_on_ping_interval,
    .writable = worker_on_writable,
    .closing = worker_on_closing,
    .freed = worker_on_freed,
};

static void
worker_on_epoch(void *ctx, const char *epoch)
{
	struct worker *w = ctx;

	epoch_seen(w->hub, epoch);
}

static void
worker_on_user_gone(void *ctx, const struct tenant_id *tenant, const struct user_id *user)
{
	struct worker *w = ctx;

	presence_user_gone(w->presence, tenant, user);
}

static void
worker_on_made_guest(void *ctx, struct conn *c)
{
	(void)ctx;
	subscribe_check_rights_again(c);
}

/* Publishes the mark to the user's own connections, and a receipt to other members. */
static void
worker_on_mark_moved(void *ctx, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user,
    const struct read_mark *mark)
{
	struct worker *w = ctx;

	if (mark->stands == 0)
		return;
	own_reads_publish(w->hub, tenant, channel, user, mark->stands);
	if (mark->members > 0 && mark->members <= w->env.conf->receipt_members)
		receipts_publish(w->hub, tenant, channel, user, mark->stands);
}

static const struct read_marks_events worker_mark_events = {
    .moved = worker_on_mark_moved};

static void
worker_may_send(void *ctx, const struct conn *c, const struct channel_id *channel,
    send_right *done, void *arg)
{
	struct worker *w = ctx;

	authz_check(w->hub, c, channel, done, arg);
}

static void
worker_on_refused_send(void *ctx, struct conn *c)
{
	(void)ctx;
	flood_count_refused(c);
}

void
worker_init(struct worker *w, struct ev_loop *loop, const struct push_conf *conf,
    struct metrics *metrics, unsigned index)
{
	keyed_hash_draw();
	*w = (struct worker){.env = {.loop = loop,
				 .conf = conf,
				 .metrics = metrics,
				 .index = index,
				 .now_ms = clock_mono_ms(),
				 .wake_ms = INT64_MAX}};
	uuid_new(w->env.id.text);
	conns_init(
	    &w->conns, &w->env, (uint32_t)conf->connections, &worker_conn_events, w);
	w->conns.wheel = ping_wheel_new(w->env.now_ms);
}

enum es_code
worker_compose(struct worker *w, struct es_err *err)
{
	const struct who_events events = {.ctx = w,
	    .epoch = worker_on_epoch,
	    .user_gone = worker_on_user_gone,
	    .made_guest = worker_on_made_guest};
	const struct send_io io = {
	    .ctx = w, .may_send = worker_may_send, .refused = worker_on_refused_send};

	TRY(who_new(&w->conns, w->pg, w->redis, &events, &w->who, err));
	w->outcomes = send_outcomes_new(&w->conns, w->pg);
	w->changes = change_gate_new(&w->env, w->pg);
	w->sends =
	    send_queue_new(&w->conns, w->queue, w->redis, w->outcomes, w->changes, &io);
	w->marks = read_marks_new(&w->conns, w->pg_write, &worker_mark_events, w);
	w->origins = origins_new(&w->env, w->pg);
	w->handshake = handshake_new(&w->conns, w->origins);
	w->frames = (struct frames){.env = &w->env,
	    .conns = &w->conns,
	    .hub = w->hub,
	    .presence = w->presence,
	    .who = w->who,
	    .sends = w->sends,
	    .marks = w->marks};
	return ES_OK;
}

void
worker_fini(struct worker *w)
{
	handshake_free(&w->handshake);
	origins_free(&w->origins);
	read_marks_free(&w->marks);
	send_queue_free(&w->sends);
	change_gate_free(&w->changes);
	send_outcomes_free(&w->outcomes);
	who_free(&w->who);
	ping_wheel_free(&w->conns.wheel);
	conns_fini(&w->conns);
}

void
worker_turn(struct worker *w)
{
	w->env.now_ms = clock_mono_ms();
	who_turn(w->who);
	conn_write_flush(&w->conns);
	conn_write_flush_lossy(&w->conns);
	conn_reap(&w->conns);
}
