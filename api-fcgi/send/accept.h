/* The path of everything that goes through the queue: a message, an edit, a delete, a
 * reaction. Charges the limits of sending, checks the right, queues the envelope and
 * waits for its outcome. */
#ifndef API_ACCEPT_H
#define API_ACCEPT_H

#include "env/api.h"
#include "event/event.h"

/* Checks that the caller may send the envelope's message now. */
typedef enum es_code accept_check(struct api *api, const struct http_req *req,
    const struct envelope *e, struct es_err *err);

struct accepted {
	struct envelope_message message;
	struct envelope e; /* of that message */
	bool known;        /* outcome holds the outcome; else answer 202 */
	bool async;        /* the client prefers not to wait */
	struct outcome outcome;
};

/* Accepts *message, which envelope_message_seal() has completed. A caller who may not
 * send it is charged, too, and above a limit learns of the limit first. A repeat of what
 * is committed already has the outcome OUTCOME_REPEAT, even when the caller may not send
 * it any more: after an edit the message has another version, for example. Returns ES_OK
 * when out->known, or when the queue holds the envelope. */
enum es_code accept_run(struct api *api, const struct http_req *req, struct http_res *res,
    const struct channel_id *channel, const struct envelope_message *message,
    accept_check *may, struct accepted *out, struct es_err *err) ES_MUST_CHECK;

/* Checks the text of a message: ES_INVALID or ES_BODY_TOO_LONG, field "body". */
enum es_code accept_check_body(
    struct api *api, const char *body, struct es_err *err) ES_MUST_CHECK;

/* Counts the answer to an accepted message in the metrics. */
void accept_count(struct api *api, const struct accepted *a);

#endif
