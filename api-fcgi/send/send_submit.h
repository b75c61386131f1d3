/* Puts a message into the queue and waits for its outcome. */
#ifndef API_SEND_SUBMIT_H
#define API_SEND_SUBMIT_H

#include "env/api.h"
#include "event/event.h"

/* Puts the envelope into the durable queue, behind the guard (NULL: none). If `wait`,
 * waits up to ES_SEND_WAIT_MS for the outcome, unless the send gate is full or fanout is
 * down. Sets *known when *out is the outcome. Sets e->reply. Returns ES_OK when the queue
 * holds the envelope, else ES_TOO_LARGE or an error of queue_send(). */
enum es_code send_submit(struct api *api, struct envelope *e,
    const struct queue_guard *guard, bool wait, struct arena *a, bool *known,
    struct outcome *out, struct es_err *err) ES_MUST_CHECK;

#endif
