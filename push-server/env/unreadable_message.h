/* Messages of a Redis topic that this worker can't parse, e.g. from a newer version. A
 * metric counts each message; one log line a minute reports them. */
#ifndef PUSH_UNREADABLE_MESSAGE_H
#define PUSH_UNREADABLE_MESSAGE_H

#include "env/loop_env.h"

#define UNREADABLE_MESSAGE_LOG_MS 60000

/* All zero: no such message was seen. */
struct unreadable_messages {
	uint64_t n;      /* messages since the last log line */
	int64_t next_ms; /* no log line before this time */
};

/* err says why the message can't be parsed. The log line holds err's text and field, and
 * no value of the message. */
void unreadable_message_seen(struct unreadable_messages *o, struct loop_env *env,
    const char *topic, const struct es_err *err);

#endif
