/* The frame table and the dispatch of one frame from a client: parse by the table, call
 * the handler, answer a failure with an error frame. Never closes for a bad frame. */
#ifndef PUSH_FRAMES_H
#define PUSH_FRAMES_H

#include <stdio.h>

#include "conn/conn.h"
#include "core/arena.h"
#include "json/json_bind.h"

struct hub;
struct presence;
struct who;
struct send_queue;
struct read_marks;

/* What the handlers work with; filled in worker/. */
struct frames {
	struct loop_env *env;
	struct conns *conns;
	struct hub *hub;
	struct presence *presence;
	struct who *who;
	struct send_queue *sends;
	struct read_marks *marks;
};

#define FRAME_ID_MAX 64 /* characters of a client's id */

/* in is the struct that the field table fills; id is the client's, or NULL; both live in
 * a, which ends with the call: copy what is needed later. ES_OK: answered, or will be. An
 * error is answered by the caller with an error frame. */
typedef enum es_code frame_handler(struct frames *f, struct conn *c, const void *in,
    const char *id, struct arena *a, struct es_err *err);

enum frame_flag {
	FRAME_EARLY = 4, /* taken before hello, when no token has come yet */
	FRAME_FREE =
	    1, /* not counted against the frame rate (it has a limit of its own) */
	FRAME_PASSIVE = 2, /* does not count as activity of the user */
};

struct frame_type {
	const char *type;
	const struct json_field
	    *fields; /* without type and id; unknown members are ignored */
	size_t n_fields;
	size_t size; /* of the struct that the fields fill */
	frame_handler *handler;
	unsigned flags;
};

/* One per frame_<type>.c. */
extern const struct frame_type frame_subscribe, frame_unsubscribe, frame_sync, frame_send,
    frame_typing, frame_read, frame_presence, frame_presence_watch, frame_auth,
    frame_ping;

extern const struct frame_type *const frame_types[];
extern const size_t n_frame_types;

/* One whole text message from a client. */
void frames_receive(struct frames *f, struct conn *c, const char *json, size_t len);
/* hello was sent: run what waited for it. */
void frames_resume(struct frames *f, struct conn *c);
/* [{"type":"send","fields":["channelId","body","clientMessageId"]}] */
void frames_dump(FILE *to);

#endif
