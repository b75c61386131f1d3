/* The insides of the hub, for its own files: hub, channel, subscription, subscribe,
 * deliver, heads, authz, typing, presence. */
#ifndef PUSH_HUB_PRIVATE_H
#define PUSH_HUB_PRIVATE_H

#include "log/chan_log.h"
#include "conn/conn_write.h"
#include "wire/event_frame.h"
#include "hub/hub.h"
#include "core/list.h"
#include "log/page.h"
#include "log/removal.h"
#include "core/table.h"
#include "worker/worker.h"

/* What "db recovered" adds to every counter. From what was heard before the numbers jump
 * by less if a restore has lost the last of them, so half of it counts as one already:
 * pub/sub never loses that many. */
#define RECOVERED_JUMP  1000000
#define RECOVERED_LEAST (RECOVERED_JUMP / 2)

struct authz;
struct acl;
struct typing;
struct presence;

struct hub {
	struct worker *worker;
	struct hub_limits limits;
	struct hub_io io;
	struct chan_logs *logs;
	struct pages *pages;
	struct table channels, subscriptions;
	uint64_t last_generation, last_ticket;
	struct list rounds;    /* all channels, the longest not compared first */
	struct list checks;    /* channels whose head is to be compared now */
	struct list lingering; /* channels without subscribers, oldest first */
	struct list opening;   /* channels whose topic is not confirmed, oldest first */
	struct list dirty;     /* channels with woken subscriptions */
	struct list
	    ready; /* hub_conns with something to write and a socket that takes it */
	struct list asking;   /* hub_conns with questions */
	size_t n_to_ask;      /* subscriptions of those */
	struct gather gather; /* when they are put */
	struct list suspects; /* channels that may have missed their last events */
	int64_t ask_after_ms, heads_after_ms; /* back-off after a failed question */
	unsigned heads_asked;                 /* questions under way */
	bool topics_up;
	struct authz *authz;
	struct acl *acl;
	struct typing *typing;
	struct presence *presence;
};

/* What the hub keeps for a connection. */
struct hub_conn {
	struct conn *conn;
	struct hub *hub;
	struct list to_ask;                /* subscriptions to be authorised */
	struct list pending;               /* subscriptions that are behind */
	struct list asking;                /* on hub->asking */
	struct list ready;                 /* on hub->ready */
	bool came;                         /* has asked for the first time */
	int64_t replay_since_ms, replayed; /* the budget's minute and what it has used */
	void *presence;
};

/* A channel of this worker: its log and who reads it. */
struct channel {
	struct table_node node;
	struct hub *hub;
	struct tenant_id tenant;
	struct channel_id id;
	uint64_t generation;
	struct chan_log *log;      /* NULL until a number of it is known */
	bool confirmed;            /* Redis has said that we are subscribed */
	bool is_private, archived; /* known as soon as somebody is let in */
	bool reset_due,
	    jumped; /* by a new epoch; told already, by the jump of its numbers */
	unsigned n_subs;
	struct list subs;        /* all of them */
	struct list joining;     /* those that wait for the topic */
	struct list idle, woken; /* at the head, or ahead of it; woken: look again */
	struct list rounds, checks, dirty, life, suspects; /* on the hub's lists */
	int64_t since_ms; /* on lingering or opening since */
	int64_t suspect;  /* head of the database that the log has not reached; 0: none */
	int64_t suspect_ms;
	struct removals removals;
};

/* The life of a subscription; each state is also the list it stands on. */
enum sub_state {
	SUB_WAITING, /* channel->joining */
	SUB_TO_ASK,  /* hub_conn->to_ask */
	SUB_ASKED,   /* nowhere: the ticket finds it */
	SUB_IDLE,    /* channel->idle or ->woken: the cursor is at the head or ahead */
	SUB_PENDING, /* hub_conn->pending: behind, to be written when the socket takes it
	              */
	SUB_PAGING,  /* the waiters of a page */
	SUB_STATES
};

/* Who is to be told that it is subscribed. */
struct sub_answer {
	struct sub_answer *next;
	const char *op; /* "subscribe", "sync" */
	char *id;       /* or NULL: then only an error is told */
};

/* {connection, channel, cursor}. */
struct subscription {
	LIST_ENTRY(subscription) of_conn;
	struct table_node node;
	struct conn *conn;
	struct channel *channel;
	enum sub_state state;
	struct list of_channel, place;
	bool joined;       /* acked: from here on it is a cursor */
	int64_t at;        /* delivered, or covered, up to here */
	int64_t clear;     /* the reader was allowed to read as of this number */
	int64_t stop_at;   /* lost its membership with this number; else INT64_MAX */
	int64_t live_from; /* what is above was not there when it subscribed */
	uint64_t ticket;   /* of the question under way */
	int64_t deadline_ms;
	bool has_after;
	int64_t after;
	char *epoch; /* the client's, or NULL */
	struct sub_answer *answers;
};

/* channel.c */
struct channel *channel_find(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id);
struct channel *channel_get(
    struct hub *hub, const struct tenant_id *tenant, const struct channel_id *id);
void channel_free(struct channel *ch);
/* A numbered event from the topic. */
void channel_event(struct channel *ch, const struct event *ev, struct arena *a);
/* The database has numbers up to head that the log has not. */
void channel_heal(struct channel *ch, int64_t head);
/* Numbers have lost their meaning: everybody is told so and goes on at head. */
void channel_reset(struct channel *ch, int64_t head);
void channel_wake(struct channel *ch);
int64_t channel_head(const struct channel *ch); /* -1: no log yet */
void channel_confirmed(struct channel *ch);
void channel_left(struct channel *ch); /* a subscription is gone */
void channel_tick(struct hub *hub);

/* subscription.c */
struct subscription *sub_find(
    const struct hub *hub, const struct conn *c, const struct channel *ch);
struct subscription *sub_new(struct conn *c, struct channel *ch);
void sub_free(struct subscription *sub);
/* The only place where a state changes; list: where it goes, NULL for SUB_ASKED. */
void sub_place(struct subscription *sub, enum sub_state next, struct list *list);
/* Not before it is joined and has a cursor. */
bool sub_live(const struct subscription *sub);

/* subscribe.c */
void subscribe_ask(struct hub *hub);            /* put the questions of this turn */
void subscribe_again(struct subscription *sub); /* may it still? */
void subscribe_fail(struct subscription *sub, enum es_code code, const char *text);
/* The removal was delivered: the end, or what was asked for meanwhile. */
void subscribe_over(struct subscription *sub);
void subscribe_tick(struct hub *hub);

/* deliver.c */
bool deliver_turn(struct hub *hub);
void deliver_pending(struct subscription *sub); /* behind: to be written */
void deliver_page(void *ctx, struct page *page, struct list *waiters);
void deliver_gap(struct subscription *sub, int64_t to, enum gap_reason reason);

/* heads.c */
void heads_check(struct channel *ch); /* compare soon */
void heads_flush(struct hub *hub);
void heads_second(struct hub *hub);
void heads_tick(struct hub *hub);

#endif
