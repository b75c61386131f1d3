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

/* detail says what is wrong, without a word of the message. */
void odd_message_seen(
    struct odd_messages *o, struct loop_env *env, const char *topic, const char *detail);

#endif
