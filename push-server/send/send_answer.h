/* The answers to messages and changes that were in an envelope: ack and error frames. */
#ifndef PUSH_SEND_ANSWER_H
#define PUSH_SEND_ANSWER_H

#include "send/awaited.h"

/* Each function answers element i of the envelope. */
void send_answer_committed(
    struct conn *c, const struct awaited *a, size_t i, const struct outcome *outcome);
void send_answer_refused(struct conn *c, struct awaited *a, size_t i, enum es_code code);
/* The deadline is over, and the database does not know the outcome. */
void send_answer_unknown(struct conn *c, struct awaited *a, size_t i);
void send_answer_error(
    struct conn *c, struct awaited *a, size_t i, const struct es_err *err);

#endif
