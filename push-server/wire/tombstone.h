/* Turns the frame of a message into the frame of a deleted message, in place. */
#ifndef PUSH_TOMBSTONE_H
#define PUSH_TOMBSTONE_H

#include <stddef.h>

/* Rewrites a frame of event_frame_encode() for a message or a change of its text. The
 * text becomes null, payload.deleted becomes true, and members that could have content
 * are dropped. The length of the frame stays, with blanks after the JSON, so that the
 * WebSocket header and the places of other frames stay. A gap frame has no text and
 * stays as it is. */
void tombstone_rewrite(unsigned char *frame, size_t len);

#endif
