/* POST /channels/{channelId}/messages: a message is checked, queued, and answered when it
 * is committed, or with 202 when the client does not want to wait. */
#ifndef API_MESSAGE_SEND_H
#define API_MESSAGE_SEND_H

#include "env/api.h"

http_handler message_send;

#endif
