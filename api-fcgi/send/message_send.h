/* POST /channels/{channelId}/messages: checks a message, queues it and answers with its
 * outcome, or with 202 when the outcome is not known in time or the client prefers not to
 * wait. */
#ifndef API_MESSAGE_SEND_H
#define API_MESSAGE_SEND_H

#include "env/api.h"

http_handler message_send;

/* Reads what message_send() will read first: the right to post in the channel. */
http_handler message_send_ahead;

#endif
