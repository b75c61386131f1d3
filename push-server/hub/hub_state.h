/* The hub's own fields, for the files of this room. */
#ifndef PUSH_HUB_STATE_H
#define PUSH_HUB_STATE_H

#include "core/gather.h"
#include "core/list.h"
#include "core/table.h"
#include "env/unreadable_message.h"
#include "hub/hub.h"

struct authz;
struct acl;
struct typing;
struct receipts;
struct hub_traces;
struct chan_logs;
struct pages;
struct deliver_batch;
struct pool;

struct hub {
	struct loop_env *env;
	struct conns *conns;
	struct hub_limits limits;
	struct hub_io io;
	struct chan_logs *logs;
	struct pages *pages;
	struct deliver_batch *batch; /* deliver.c */
	struct pool *subscription_pool;
	struct table channels, subscriptions;
	uint64_t last_generation, last_ask_id;
	struct list compare_order; /* all channels, the one compared longest ago first */
	struct list checks;        /* channels whose head is to be compared now */
	struct list lingering;     /* channels without subscribers, oldest first */
	struct list opening; /* channels whose topic is not confirmed, oldest first */
	struct list dirty;   /* channels with woken subscriptions */
	struct list ready;   /* hub_conns that have something to write and may write */
	struct list asking;  /* hub_conns with questions that are not sent yet */
	size_t n_to_ask;     /* the number of these questions */
	struct table applicants;
	struct list applying; /* all applicants, the earliest deadline first */
	struct gather gather; /* when the questions go to the database */
	struct list suspects; /* channels that may have missed their last events */
	int64_t ask_after_ms, heads_after_ms; /* back-off after a failed question */
	unsigned heads_asked;                 /* questions under way */
	bool topics_up;
	struct unreadable_messages unreadable;
	struct authz *authz;
	struct acl *acl;
	struct typing *typing;
	struct receipts *receipts;
	struct hub_traces *traces; /* NULL: no traces */
};

/* The hub's state of a connection. */
struct hub_conn {
	struct conn *conn;
	struct hub *hub;
	struct list subscriptions; /* all of them */
	unsigned n_subscriptions;
	struct list to_ask;     /* subscriptions to be authorised */
	struct list applicants; /* all of them */
	unsigned n_applicants;
	struct list to_apply;              /* applicants to be authorised */
	struct list pending;               /* subscriptions that are behind */
	struct list asking;                /* on hub->asking */
	struct list ready;                 /* on hub->ready */
	bool arrival_counted;              /* gather_count_arrival() has counted it */
	int64_t replay_since_ms, replayed; /* start of the budget's minute; events used */
};

#endif
