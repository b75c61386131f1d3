/* The road of a message from a request to its outcome: queue, wait, ask. */
#ifndef API_SEND_SUBMIT_H
#define API_SEND_SUBMIT_H

#include "env/api.h"
#include "event/event.h"

/* ES_OK: the message is in the durable queue. *known tells whether what became of it is
 * known (then *out says so) or not yet. wait false: don't even try to find out. */
enum es_code send_submit(struct api *api, struct envelope *e, bool wait, struct arena *a,
    bool *known, struct outcome *out, struct es_err *err) ES_MUST_CHECK;

#endif
