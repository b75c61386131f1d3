/* Fields that several frames about messages have. */
#ifndef PUSH_MESSAGE_FIELDS_H
#define PUSH_MESSAGE_FIELDS_H

#include "env/push_conf.h"
#include "event/envelope.h"
#include "json/json_bind.h"

/* An optional id of the client; null counts as absent. */
#define MESSAGE_FIELDS_CLIENT_ID(type, member_) \
	{ \
		.name = #member_, .kind = JSON_STRING, \
		.offset = offsetof(type, member_), .nullable = true, .min = 1, \
		.max = CLIENT_ID_MAX \
	}
/* The number of a message that exists. */
#define MESSAGE_FIELDS_MESSAGE_ID(type, member_) \
	JSON_FIELD(type, member_, JSON_NUMBER_OR_STRING, true, 1, ES_INT_MAX_EXACT)

/* Checks the field clientMessageId; NULL is valid. */
enum es_code message_fields_client_id(
    const char *client_id, struct es_err *err) ES_MUST_CHECK;
/* Checks the field body: the text of a message, or the new text of an edit. */
enum es_code message_fields_body(
    const struct push_conf *conf, const char *body, struct es_err *err) ES_MUST_CHECK;

#endif
