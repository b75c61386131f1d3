/* Fakes of the queue, the reply topic and the database behind a send. They answer as
 * send_fakes says, and count calls. */
#ifndef API_TEST_SEND_FAKES_H
#define API_TEST_SEND_FAKES_H

#include "store/message_change_store.h"
#include "store/message_store.h"
#include "store/outcome_store.h"

#define CHANNEL_ID "01900000-0000-7000-8000-00000000c001" /* the channel of the sends */

struct send_fakes {
	enum es_code queue, visible, limits;
	/* what the check of an edit, a delete or a reaction says, and with which text */
	enum es_code may;
	const char *may_text;
	struct envelope_message checked;
	bool subscribed, answered, lost, in_database;
	struct outcome outcome;
	struct message first;
	int enqueued, waits, asked, superseded, read;
	bool named_reply;
	const char *queued;  /* the envelope of the last send, cut off */
	bool guarded;        /* the queue's guard charges the limits */
	int charged, guards; /* messages charged apart, and sent with a guard */
};
extern struct send_fakes world;

#endif
