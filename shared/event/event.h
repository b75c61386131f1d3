/* An event: one committed and numbered change of one channel, published to its
 * subscribers, or a lossy notice: typing, a read receipt, an own read mark (seq 0). Also
 * the reply with the outcome of an envelope. JSON, version 1.
 *
 * Programs of two releases run side by side during an upgrade. A decoder of this folder
 * therefore ignores members that it does not know, and takes a member that a newer
 * encoder may leave out as optional. */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "event/envelope.h"

#define EVENT_VERSION 1

#define EVENT_KINDS(X) \
	X(MESSAGE, "message") \
	X(MESSAGE_UPDATED, "message_updated") \
	X(MESSAGE_DELETED, "message_deleted") \
	X(REACTIONS_CHANGED, "reactions_changed") \
	X(MEMBER_JOINED, "member_joined") \
	X(MEMBER_LEFT, "member_left") \
	X(MEMBER_UPDATED, "member_updated") \
	X(CHANNEL_UPDATED, "channel_updated") \
	X(CHANNEL_ARCHIVED, "channel_archived") \
	X(CHANNEL_DELETED, "channel_deleted") \
	X(CHANNEL_ADDED, "channel_added") \
	X(CHANNEL_REMOVED, "channel_removed") \
	X(DM_OPENED, "dm_opened") \
	X(CHANNEL_CREATED, "channel_created") \
	X(USER_JOINED, "user_joined") \
	X(USER_UPDATED, "user_updated") \
	X(USER_DEACTIVATED, "user_deactivated") \
	X(TYPING, "typing") \
	X(RECEIPT, "receipt") \
	X(READ, "read")

enum event_kind {
#define X(name, text) EVENT_##name,
	EVENT_KINDS(X)
#undef X
	    EVENT_KIND_COUNT
};

struct event {
	enum event_kind kind;
	struct tenant_id tenant;
	struct channel_id channel;
	struct user_id user; /* sender or actor; a member is in payload.userId */
	/* display name of user; for a message, the name at the commit */
	const char *display_name;
	/* The event before it in the channel has seq - 1. 0 for lossy kinds. */
	int64_t seq;
	int64_t created_ms;  /* commit stamp of the database */
	int64_t accepted_ms; /* measures latency; 0: unknown */
	/* The message that a message_updated, message_deleted or reactions_changed
	 * changes; else 0. */
	int64_t message_id;
	/* message and message_updated: the text; NULL: deleted. NULL for other kinds. */
	const char *body;
	const char *client_id; /* message only, else NULL */
	/* of a message or message_updated: 1 + the number of edits; 0: the event is of a
	 * program that knows no edits */
	int64_t version;
	bool edited, deleted; /* message read back from history */
	/* Unix time in ms; 0: not edited, not deleted, or unknown */
	int64_t edited_ms, deleted_ms;
	/* JSON object without blanks around it: further members of the payload of a
	 * message or message_updated; the payload of other kinds. Or NULL. */
	const char *payload;
	const char *traceparent; /* or NULL */
	/* The next event that the same transaction has stored in a feed, or NULL. The
	 * encoders leave it out; announce_event() publishes it, too. */
	struct event *feed;
};

/* The events of one change. The events of one channel are in the order of their
 * numbers. */
struct event_list {
	struct event *items;
	size_t n;
};

const char *event_kind_name(enum event_kind kind);
/* The event has no number, is not stored, and may be lost. */
bool event_kind_lossy(enum event_kind kind);
bool event_kind_parse(const char *name, enum event_kind *out) ES_MUST_CHECK;
/* True for a message and for message_updated. */
bool event_kind_has_body(enum event_kind kind) ES_MUST_CHECK;
/* True when struct event.message_id names the message that the event changes. */
bool event_kind_changes_message(enum event_kind kind) ES_MUST_CHECK;

/* Maximum size of an event in bytes: JSON may need six bytes for each byte of a body of
 * 64 KiB. */
#define EVENT_BYTES_MAX   (512UL * 1024)
#define EVENT_PAYLOAD_MAX 32768 /* bytes of struct event.payload */
void event_encode(const struct event *e, struct text *out);
enum es_code event_decode(const char *s, size_t len, struct arena *a, struct event *out,
    struct es_err *err) ES_MUST_CHECK;

/* Names of topics and keys; out has room for ES_TOPIC_MAX bytes. */
#define ES_TOPIC_MAX 96
void topic_channel(
    const struct tenant_id *t, const struct channel_id *c, char out[ES_TOPIC_MAX]);
void topic_presence(const struct tenant_id *t, char out[ES_TOPIC_MAX]);
#define TOPIC_CONTROL "es:ctl" /* carries struct control */
/* fanout renews this key at each turn. It expires FANOUT_BEAT_LIFE_MS after the last
 * turn. */
#define KEY_FANOUT_BEAT     "es:fanout:beat"
#define FANOUT_BEAT_LIFE_MS "2000"
#define TOPIC_REPLY_PREFIX  "es:r:"

enum outcome_result { OUTCOME_COMMITTED, OUTCOME_REPEAT, OUTCOME_REFUSED };

struct outcome {
	const char *client_id;
	/* The sender's name as stored with the message; NULL: refused or unknown. Set
	 * for OUTCOME_COMMITTED only, since a repeat may carry an older name. */
	const char *sender_name;
	enum outcome_result result;
	enum es_code code;  /* ES_OK, or the reason of the refusal */
	int64_t message_id; /* the new or changed message; 0: refused */
	int64_t created_ms; /* commit stamp of the message or change */
	/* Of a change to a message: the number of its event, and the message's version
	 * after it. 0: refused, a new message, or unknown. seq is 0, too, when there was
	 * nothing to change. */
	int64_t seq, version;
};

struct reply {
	struct uuid envelope;
	struct outcome *outcomes; /* in the order of the envelope's messages */
	size_t n;
};

#define REPLY_BYTES_MAX (64UL * 1024) /* maximum size of a reply in bytes */
/* Writes the sender's name once, because the messages of an envelope have one sender and
 * are committed together. */
void reply_encode(const struct reply *r, struct text *out);
enum es_code reply_decode(const char *s, size_t len, struct arena *a, struct reply *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
