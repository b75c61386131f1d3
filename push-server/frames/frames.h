/* The table of frame types, and the dispatch of one client frame: parse it by the table,
 * call the handler, and answer a failure with an error frame. A malformed frame does not
 * close the connection; too many frames do (flood.h). */
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

/* The parts of the worker that the handlers use; worker/ fills the struct. */
struct frames {
	struct loop_env *env;
	struct conns *conns;
	struct hub *hub;
	struct presence *presence;
	struct who *who;
	struct send_queue *sends;
	struct read_marks *marks;
};

#define FRAME_ID_MAX 64 /* maximum number of characters of a client's frame id */

/* Handles one frame. in is the struct that the field table fills; id is the client's
 * frame id, or NULL. in and id are allocated in the arena a, which is freed after the
 * call, so the handler copies what it needs later. ES_OK: the frame is answered, or will
 * be. Any other result: the caller sends the error frame. */
typedef enum es_code frame_handler(struct frames *f, struct conn *c, const void *in,
    const char *id, struct arena *a, struct es_err *err);

enum frame_flag {
	FRAME_EARLY = 4, /* accepted before hello, until a token was sent */
	/* not counted by ES_LIMIT_FRAMES, because the type has a limit of its own */
	FRAME_OWN_LIMIT = 1,
	/* one frame in FLOOD_FREE_PING_MS is not counted by ES_LIMIT_FRAMES */
	FRAME_FREE_PING = 8,
	FRAME_PASSIVE = 2, /* does not count as activity of the user */
};

struct frame_type {
	const char *type;
	/* the fields besides type and id; unknown fields are ignored */
	const struct json_field *fields;
	size_t n_fields;
	size_t size; /* bytes of the struct that the fields fill */
	frame_handler *handler;
	unsigned flags;
};

/* frame_<type>.c defines each type; frame_edit.c also delete, frame_react.c unreact. */
extern const struct frame_type frame_subscribe, frame_unsubscribe, frame_sync, frame_send,
    frame_edit, frame_delete, frame_react, frame_unreact, frame_typing, frame_read,
    frame_presence, frame_presence_watch, frame_auth, frame_ping;

extern const struct frame_type *const frame_types[];
extern const size_t n_frame_types;

/* Handles one whole text message of a client. */
void frames_receive(struct frames *f, struct conn *c, const char *json, size_t len);
/* Call when hello is queued: handles the frames that waited for hello. */
void frames_resume(struct frames *f, struct conn *c);
/* Writes the table as JSON:
 * [{"type":"send","fields":["channelId","body","clientMessageId"]}] */
void frames_dump(FILE *to);

#endif
