/* Messages of a topic that can't be read: of a newer version, or of somebody else.
 * Counted each, logged once a minute. */
#ifndef PUSH_ODD_MESSAGE_H
#define PUSH_ODD_MESSAGE_H

#include "env/loop_env.h"

#define ODD_MESSAGE_LOG_MS 60000

/* All zero: none was seen. */
struct odd_messages {
	uint64_t n;      /* since the last line */
	int64_t next_ms; /* no line before this time */
};

/* err: why the message can't be read; the line holds its text and its field, and no value
 * of the message. */
void odd_message_seen(struct odd_messages *o, struct loop_env *env, const char *topic,
    const struct es_err *err);

#endif
