/* What lies behind a send, as fakes: the queue, the reply topic and the database answer
 * as send_world says and count how often they were asked. */
#ifndef API_TEST_SEND_WORLD_H
#define API_TEST_SEND_WORLD_H

#include "store/message_store.h"
#include "store/outcome_store.h"

#define CHANNEL_ID "01900000-0000-7000-8000-00000000c001" /* where messages are sent */

struct send_world {
	enum es_code queue, visible, limits;
	bool subscribed, answered, lost, in_database;
	struct outcome outcome;
	struct message first;
	int enqueued, waits, asked, superseded;
	bool named_reply;
};
extern struct send_world world;

#endif
