/* Edits, deletes and reactions: PATCH and DELETE of a message, PUT and DELETE of one of
 * its reactions. They go the way of a send (send/accept.h). */
#ifndef API_MESSAGE_CHANGE_H
#define API_MESSAGE_CHANGE_H

#include "env/api.h"

http_handler message_edit, message_delete, reaction_put, reaction_delete;

/* Read what the handlers read first: the right to make the change. */
http_handler message_edit_ahead, message_delete_ahead, reaction_ahead;

#endif
