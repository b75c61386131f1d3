/* What an acceptor asks PostgreSQL before it queues an edit, a delete or a reaction, and
 * the older texts of a message. The change itself is committed by es_batch_ops(), which
 * checks the same rights again under the channel's lock. */
#ifndef STORE_MESSAGE_CHANGE_STORE_H
#define STORE_MESSAGE_CHANGE_STORE_H

#include "event/envelope.h"
#include "pg/pg.h"
#include "store/actor.h"

/* Returns ES_OK when the user of the envelope may make the change now. Else the code with
 * which es_batch_ops() would refuse it: ES_NOT_FOUND, ES_CHANNEL_ARCHIVED, ES_GONE,
 * ES_FORBIDDEN, ES_EDIT_WINDOW_OVER, ES_VERSION_CONFLICT. ES_UNAVAILABLE
 * with this text: programs of the last release may still run, and would take an edit for
 * a message. */
#define MESSAGE_CHANGE_UPGRADING \
	"an upgrade is under way; messages can be changed when it is complete"
enum es_code message_change_store_check(struct pg *pg, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user,
    const struct envelope_message *m, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Fails with the code of a refusal, and with its text for clients. */
enum es_code message_change_store_refuse(enum es_code code, struct es_err *err);

/* A text that an edit has replaced. */
struct message_revision {
	int64_t version;
	const char *body;
	struct user_id replaced_by;
	int64_t replaced_ms;
};
struct message_revisions {
	struct message_revision *items; /* newest first */
	size_t n;
	bool more;
};

/* The older texts of a message, from the version below `before` on. Only the author and
 * admins of the channel or the tenant may read them; ES_FORBIDDEN for others, and
 * ES_NOT_FOUND as message_store_get(). A deleted message has none. limit: 1 to
 * STORE_LIST_MAX. */
enum es_code message_change_store_revisions(struct pg *pg, const struct actor *who,
    const struct channel_id *channel, int64_t id, int64_t before, int64_t limit,
    struct arena *a, struct message_revisions *out, struct es_err *err) ES_MUST_CHECK;

#endif
