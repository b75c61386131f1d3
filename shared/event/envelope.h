/* The entry of the queue: 1 to 50 consecutive changes by one user of one channel,
 * accepted and not yet numbered. ASCII JSON. The decoder ignores unknown members.
 *
 * Version 1 carries plain messages. Version 2 carries edits, deletes, reactions, and
 * messages with further members. A program that knows only version 1 refuses the whole
 * envelope, because it would post an edit as a message. */
#ifndef EVENT_ENVELOPE_H
#define EVENT_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/id.h"
#include "core/text.h"
#include "unicode/emoji.h"

#define ENVELOPE_VERSION      2
#define ENVELOPE_MESSAGES_MAX 50
#define ENVELOPE_BYTES_MAX    (240UL * 1024) /* fits an SQS entry of 256 KiB */
#define CLIENT_ID_MAX         64             /* characters of A-Z a-z 0-9 . _ : - */

#define MENTIONS_BYTES_MAX 4096

#define ENVELOPE_OPS(X) \
	X(MESSAGE, "message") \
	X(EDIT, "edit") \
	X(DELETE, "delete") \
	X(REACT, "react") \
	X(UNREACT, "unreact")

enum envelope_op {
#define X(name, text) OP_##name,
	ENVELOPE_OPS(X)
#undef X
	    OP_COUNT
};

struct envelope_message {
	const char *client_id; /* id chosen by the client, or minted */
	bool minted;
	char dedupe_key[33];   /* 16 bytes, hex */
	char request_hash[33]; /* 16 bytes, hex */
	enum envelope_op op;
	/* the text, or the new text of an edit: UTF-8 without NUL; NULL for other ops */
	const char *body;
	int64_t target;     /* the message that the op changes; 0 for OP_MESSAGE */
	int64_t if_version; /* edit, delete: only while the message has it; 0: any */
	const char *emoji;  /* react, unreact; else NULL */
	/* OP_MESSAGE only: */
	int64_t thread_id;    /* the message that it replies to, or 0 */
	bool also_in_channel; /* a reply that the channel shows, too */
	bool silent;          /* notifies nobody */
	const char *mentions; /* JSON object, or NULL */
};

struct envelope {
	struct uuid id; /* new for each accept; the SQS deduplication id */
	struct tenant_id tenant;
	struct channel_id channel;
	struct user_id user;
	const char *display_name;
	const char *reply;       /* topic for the outcome, or NULL */
	const char *traceparent; /* W3C Trace Context, or NULL */
	int64_t accepted_ms;     /* wall clock at the acceptor */
	struct envelope_message *messages;
	size_t n;
};

const char *envelope_op_name(enum envelope_op op);

/* Fills id, minted, key and hash of a change whose other members are set. If client_id is
 * NULL, mints one. */
void envelope_message_seal(struct envelope_message *m, const struct user_id *user,
    const char *client_id, struct arena *a);
/* The same for a plain message with this text. */
void envelope_message_init(struct envelope_message *m, const struct user_id *user,
    const char *client_id, const char *body, struct arena *a);

/* True for a message that version 1 can carry. */
bool envelope_message_plain(const struct envelope_message *m) ES_MUST_CHECK;

/* Writes the deduplication key alone: 32 hex digits from sender and client id. A minted
 * id counts like one from the client: a client that repeats a send with the minted id of
 * a 202 sends the message once. */
void envelope_dedupe_key(const struct user_id *user, const char *client_id, char out[33]);

/* True for 1 to CLIENT_ID_MAX characters of the alphabet above, except "." and "..". A
 * URL can't end in "." or "..", so the client could not ask for the outcome. */
bool client_id_valid(const char *s) ES_MUST_CHECK;

/* The caller checks out->overflow (limit ENVELOPE_BYTES_MAX). */
void envelope_encode(const struct envelope *e, struct text *out);
/* Strings are allocated in the arena a. Returns ES_INVALID for a text that
 * envelope_encode() never writes, in any release. */
enum es_code envelope_decode(const char *s, size_t len, struct arena *a,
    struct envelope *out, struct es_err *err) ES_MUST_CHECK;

#endif
