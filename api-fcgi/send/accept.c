#include "send/accept.h"

#include <string.h>

#include "core/clock.h"
#include "core/parse.h"
#include "env/api_metrics.h"
#include "env/budget.h"
#include "send/send_limits.h"
#include "send/send_submit.h"
#include "store/outcome_store.h"
#include "unicode/unicode.h"

#include "core/banned.h"

enum es_code
accept_check_body(struct api *api, const char *body, struct es_err *err)
{
	const size_t max = (size_t)api->conf->body_max_chars;
	size_t points;

	if (!utf8_length(body, strlen(body), &points))
		return es_fail_field(err, ES_INVALID, "body", "must be valid UTF-8");
	if (points == 0 || points > max)
		return es_fail_field(err, points == 0 ? ES_INVALID : ES_BODY_TOO_LONG,
		    "body", "must have 1 to %zu characters", max);
	if (!unicode_visible(body))
		return es_fail_field(
		    err, ES_INVALID, "body", "must have at least one visible character");
	return ES_OK;
}

static struct envelope
accept_make_envelope(const struct http_req *req, const struct channel_id *channel,
    struct envelope_message *message)
{
	const struct actor *who = &req->who.actor;
	struct envelope e = {
	    .tenant = who->tenant,
	    .channel = *channel,
	    .user = who->user,
	    .display_name = who->display_name,
	    .traceparent = req->traceparent,
	    .accepted_ms = clock_wall_ms(),
	    .messages = message,
	    .n = 1,
	};

	uuid_new(e.id.text);
	return e;
}

/* True when the code may refuse a repeat of what was committed before. */
static bool
accept_may_be_repeat(enum es_code code)
{
	return code == ES_CHANNEL_ARCHIVED || code == ES_FORBIDDEN || code == ES_GONE ||
	       code == ES_EDIT_WINDOW_OVER || code == ES_VERSION_CONFLICT;
}

static enum es_code
accept_check_right(struct api *api, const struct http_req *req, accept_check *may,
    struct send_charge *charge, struct accepted *out, struct es_err *err)
{
	const enum es_code rc = may(api, req, &out->e, err);
	struct es_err limited;

	if (rc != ES_OK && send_limits_charge(charge, &limited) != ES_OK) {
		*err = limited;
		return err->code;
	}
	if (!accept_may_be_repeat(rc) || out->message.minted)
		return rc;
	TRY(outcome_store_get(
	    api->pg, &out->e, req->arena, &out->outcome, &out->known, err));
	if (out->known && out->outcome.result == OUTCOME_COMMITTED)
		out->outcome.result = OUTCOME_REPEAT;
	else if (!out->known || out->outcome.code != ES_KEY_REUSED)
		return rc; /* err holds the reason */
	return ES_OK;
}

enum es_code
accept_run(struct api *api, const struct http_req *req, struct http_res *res,
    const struct channel_id *channel, const struct envelope_message *message,
    accept_check *may, struct accepted *out, struct es_err *err)
{
	struct send_charge charge;

	*out = (struct accepted){
	    .message = *message, .async = http_prefers_async(req->headers.prefer)};
	out->e = accept_make_envelope(req, channel, &out->message);
	budget_for_send(api);
	TRY(send_limits_begin(api, req, res, &charge, err));
	TRY(accept_check_right(api, req, may, &charge, out, err));
	if (!out->known)
		TRY(send_submit(api, &out->e, send_limits_guard(&charge), !out->async,
		    req->arena, &out->known, &out->outcome, err));
	return ES_OK;
}

void
accept_count(struct api *api, const struct accepted *a)
{
	static const enum api_metric counts[] = {
	    [OUTCOME_COMMITTED] = API_SEND_COMMITTED,
	    [OUTCOME_REPEAT] = API_SEND_REPEAT,
	    [OUTCOME_REFUSED] = API_SEND_REFUSED,
	};

	api_metrics_count(
	    api->metrics, a->known ? counts[a->outcome.result] : API_SEND_ACCEPTED);
}
