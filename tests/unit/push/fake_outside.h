/* What lies outside of the hub, in memory: a PostgreSQL of channels and members, whose
 * answers come late, stale or not at all, and a Redis whose pub/sub loses, repeats,
 * delays and disconnects. */
#ifndef TESTS_FAKE_OUTSIDE_H
#define TESTS_FAKE_OUTSIDE_H

#include "fake_conn.h"
#include "hub/hub.h"
#include "presence/presence.h"

#define OUT_TENANT          "01900000-0000-7000-8000-000000000001"
#define OUT_CHANNELS        24
#define OUT_PRIVATE         2 /* this channel is private */
#define OUT_CHANNEL_PRIVATE "01900000-0000-7000-8000-00000000c002"
#define OUT_USERS           4
#define OUT_EVENTS          20000

/* The probability of each fault, in percent. */
struct out_faults {
	unsigned lose, repeat, delay, refuse, fail, stale;
};

struct out_event {
	enum event_kind kind;
	int user;
	const char *payload; /* JSON; NULL: the payload names the user */
	bool bans;
	int64_t message_id; /* the message that is edited or deleted; else 0 */
	/* of a message or an edit: the message was deleted; a client was told so */
	bool deleted, told;
};

struct out_channel {
	struct channel_id id;
	bool is_private, archived, deleted, admins_post;
	struct out_event *events; /* event i has number i; 0 is unused */
	int64_t head;
	bool member[OUT_USERS], banned[OUT_USERS];
	int64_t removed[OUT_USERS]; /* number of the last removal; 0: none */
};

struct outside {
	struct fake_worker *worker;
	struct out_faults faults;
	struct out_channel channels[OUT_CHANNELS];
	struct user_id users[OUT_USERS];
	bool guest[OUT_USERS];
	unsigned random_state;
	bool database_down;
	bool topics_down; /* the connection that is subscribed to topics is lost */
	char epoch[ES_UUID_TEXT];
	int64_t acl_version;
	unsigned revalidated_jtis, revalidated_users, revalidated_conns;
	unsigned revalidated; /* calls to look up all users of a tenant again */
	unsigned refused;     /* subscribes that were answered not_found */
	void (*on_refused)(struct conn *c); /* called for each refusal, or NULL */
	size_t heads_bytes;                 /* bytes of the largest question */
	unsigned page_reads, published;     /* reads of pages; published messages */
	unsigned authorisations, rights;    /* statements for rights; rights asked for */
	/* Takes the commands to Redis; NULL: Redis is away. */
	bool (*redis)(struct outside *o, struct redis_script *script, size_t argc,
	    const struct redis_arg argv[], redis_async_done *done, void *arg);
	struct out_job *jobs;    /* questions under way */
	struct out_item *stream; /* messages of pub/sub, in order */
	struct out_item *late;   /* messages that are held back */
	char topics[64][ES_TOPIC_MAX];
	bool confirmed[64];
};

void out_init(struct outside *o, struct fake_worker *w, unsigned seed);
void out_fini(struct outside *o);
struct hub_io out_io(struct outside *o);
struct presence_io out_presence_io(struct outside *o);

unsigned out_random(struct outside *o, unsigned below);
bool out_chance(struct outside *o, unsigned percent);

/* Commits an event and publishes it. faults may drop, repeat or delay the message. */
void out_commit(struct outside *o, unsigned channel, enum event_kind kind, int user);
/* Edits or deletes a message (EVENT_MESSAGE_UPDATED, EVENT_MESSAGE_DELETED). */
void out_change(struct outside *o, unsigned channel, enum event_kind kind, int user,
    int64_t message_id);
/* Bans the user from the channel. */
void out_ban(struct outside *o, unsigned channel, int user);
/* Makes the channel private, so that only members read it, or public. */
void out_set_private(struct outside *o, unsigned channel, bool is_private);
/* Lets only user 0 send, or everyone. */
void out_set_posting(struct outside *o, unsigned channel, bool admins_post);
/* Drops the events above head, as the restore of an older backup does. */
void out_restore(struct outside *o, unsigned channel, int64_t head);

/* Delivers one answer of the database, or one message or confirmation of pub/sub. Returns
 * false when nothing is left. */
bool out_deliver_one(struct outside *o);
/* Delivers everything that is under way. */
void out_deliver_all(struct outside *o);
/* Loses the connection that is subscribed to topics, with the messages on it.
 * out_reconnect() opens it again. */
void out_disconnect(struct outside *o);
void out_reconnect(struct outside *o);

/* Shared by fake_outside.c (questions and answers), fake_database.c (rows) and
 * fake_pubsub.c (Redis). An index is -1 for an unknown id. The event lives until the next
 * call. */
int out_channel_index(const struct outside *o, const struct channel_id *id);
int out_user_index(const struct outside *o, const struct user_id *id);
struct event out_event_of(
    const struct outside *o, const struct out_channel *ch, int64_t seq);
void pub_topic(void *ctx, const char *topic, bool wanted);
void pub_send(void *ctx, const char *topic, const char *data, size_t len);
/* Publishes, but holds the message back until pub_deliver_late(). */
void pub_send_late(struct outside *o, const char *topic, const char *data, size_t len);
void pub_deliver_late(struct outside *o);
bool pub_deliver_one(struct outside *o);
void pub_forget_late(struct outside *o);
void pub_fini(struct outside *o);

#endif
