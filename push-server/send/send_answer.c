#include "send/send_answer.h"

#include "conn/frame_out.h"
#include "json/json_write.h"

#include "core/banned.h"

static void
send_answer_put_message(
    struct json_write *w, const struct envelope_message *m, const struct outcome *outcome)
{
	char created[ES_TIME_TEXT];

	clock_format(outcome->created_ms, created);
	jw_string(w, "createdAt", created);
	jw_string(w, "clientMessageId", m->client_id);
}

/* seq is 0 when there was nothing to change. The outcome of a reaction has no version. */
static void
send_answer_put_change(struct json_write *w, const struct outcome *outcome)
{
	if (outcome->seq > 0)
		jw_int(w, "seq", outcome->seq);
	if (outcome->version > 0)
		jw_int(w, "version", outcome->version);
}

void
send_answer_committed(
    struct conn *c, const struct awaited *a, size_t i, const struct outcome *outcome)
{
	const struct envelope_message *m = &a->envelope.messages[i];
	/* A reaction that is there already is no repeat of an earlier frame. */
	const bool keyed = !send_lane_is_reaction(m->op);
	struct json_write w;
	struct text text;

	if (a->ids[i] == NULL)
		return;
	text_init(&text, a->arena, 1024);
	jw_init(&w, &text);
	jw_object(&w, NULL);
	jw_int(&w, "messageId", outcome->message_id);
	if (m->op == OP_MESSAGE)
		send_answer_put_message(&w, m, outcome);
	else
		send_answer_put_change(&w, outcome);
	if (keyed && outcome->result == OUTCOME_REPEAT)
		jw_bool(&w, "replayed", true);
	jw_object_end(&w);
	frame_out_ack(c, send_lane_frame_type(m->op), a->ids[i], a->envelope.channel.text,
	    text.data);
}

void
send_answer_error(struct conn *c, struct awaited *a, size_t i, const struct es_err *err)
{
	if (a->failed == NULL)
		a->failed = es_code_name(err->code);
	frame_out_error(c, send_lane_frame_type(a->envelope.messages[i].op), a->ids[i],
	    a->envelope.channel.text, err);
}

struct reason {
	enum es_code code;
	const char *text;
};

static const struct reason message_reasons[] = {
    {ES_NOT_FOUND, "no such channel"},
    {ES_KEY_REUSED, "clientMessageId was used before for a message with another body"},
    {ES_INVALID, "the database cannot store the message"},
    {ES_OK, NULL},
};

static const struct reason change_reasons[] = {
    {ES_NOT_FOUND, "no such message"},
    {ES_FORBIDDEN, "only the author and admins may change the message"},
    {ES_EDIT_WINDOW_OVER, "the time in which the author may edit the message is over"},
    {ES_GONE, "the message is deleted"},
    {ES_VERSION_CONFLICT, "the message has another version than ifVersion"},
    {ES_TOO_MANY_REACTIONS, "the message has 50 different emoji already"},
    {ES_KEY_REUSED, "clientMessageId was used before for another change"},
    {ES_INVALID, "the database cannot store the change"},
    {ES_OK, NULL},
};

static const char *
send_answer_reason(enum envelope_op op, enum es_code code)
{
	const struct reason *r = op == OP_MESSAGE ? message_reasons : change_reasons;

	for (; r->code != ES_OK; r++)
		if (r->code == code)
			return r->text;
	return es_code_title(code);
}

void
send_answer_refused(struct conn *c, struct awaited *a, size_t i, enum es_code code)
{
	struct es_err err;

	IGNORE(es_fail(
	    &err, code, "%s", send_answer_reason(a->envelope.messages[i].op, code)));
	send_answer_error(c, a, i, &err);
}

/* A delete that is repeated finds a deleted message, and an edit that is repeated may
 * replace a later one. */
static const char *
send_answer_advice(const struct envelope_message *m)
{
	if (send_lane_is_reaction(m->op))
		return "the reaction may still be committed; sending it again is safe";
	if (m->op != OP_MESSAGE)
		return m->minted ? "the change may still be committed; read the message "
		                   "before you send it again"
		                 : "the change may still be committed; send it again "
		                   "with the same clientMessageId";
	return m->minted ? "the message may still be committed; sending it again could "
	                   "repeat it"
	                 : "the message may still be committed; send it again with the "
	                   "same clientMessageId";
}

void
send_answer_unknown(struct conn *c, struct awaited *a, size_t i)
{
	struct es_err err;

	IGNORE(es_fail(&err, ES_OUTCOME_UNKNOWN, "%s",
	    send_answer_advice(&a->envelope.messages[i])));
	send_answer_error(c, a, i, &err);
}
