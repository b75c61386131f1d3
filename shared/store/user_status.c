/* Changes of a user's status: deactivate, reactivate, delete. */
#include <string.h>

#include "store/feed_store.h"
#include "store/ownership_store.h"
#include "store/store_private.h"
#include "store/user_private.h"

#include "core/banned.h"

static const struct pg_stmt deactivate = USER_STMT("deactivate",
    "UPDATE users SET status = 'deactivated', tokens_valid_after = clock_timestamp()"
    " WHERE tenant_id = $1 AND id = $2 RETURNING " USER_COLS,
    2);

static const struct pg_stmt reactivate = USER_STMT("reactivate",
    "UPDATE users SET status = 'active'"
    " WHERE tenant_id = $1 AND id = $2 RETURNING " USER_COLS,
    2);

/* The new e-mail address is one that no other user can have. One trigger makes the keys;
 * another (es_hold_external_id) removes the external id and stores its hash. */
static const struct pg_stmt erase = USER_STMT("erase",
    "UPDATE users SET status = 'deactivated', tokens_valid_after = clock_timestamp(),"
    " deleted_at = clock_timestamp(), display_name = '" USER_DELETED_NAME "',"
    " email = id || '@deleted.invalid'"
    " WHERE tenant_id = $1 AND id = $2 RETURNING " USER_COLS,
    2);

#define STEP_TRIES 5 /* for a user who keeps becoming an owner of channels */

/* A change of a user's status. */
struct user_step {
	const struct pg_stmt *stmt;
	/* the change applies to these; else there is nothing to do */
	const char *from[2];
};

static const struct user_step to_deactivated = {&deactivate, {"active"}},
			      to_active = {&reactivate, {"deactivated"}},
			      to_deleted = {&erase, {"active", "deactivated"}};

static bool
user_status_step_applies(const struct user_step *step, const char *status)
{
	for (size_t i = 0; i < ES_COUNT(step->from); i++)
		if (step->from[i] != NULL && strcmp(step->from[i], status) == 0)
			return true;
	return false;
}

/* Changes the user's row and hands on the channels that the user owns. The caller holds
 * the locks of those channels. */
static enum es_code
user_status_change(struct pg *pg, const struct actor *who, const struct user_step *step,
    const char *owned, struct arena *a, bool *same, struct user *now, struct es_err *err)
{
	const struct user_id *id = &now->id;
	const char *const key[] = {who->tenant.text, id->text};

	if (step != &to_active)
		TRY(user_store_check_owner_left(pg, who, now, NULL, a, err));
	TRY(user_store_run_one(pg, who, step->stmt, key, a, now, err));
	TRY(ownership_store_still_owns(pg, who, id, owned, a, same, err));
	if (!*same)
		return es_fail(err, ES_UNAVAILABLE,
		    "the user keeps becoming an owner of channels; try again");
	if (step != &to_active)
		TRY(ownership_store_hand_on(pg, who, id, NULL, a, &now->handed_on, err));
	return feed_store_tenant_user(pg, who, id,
	    step == &to_active ? EVENT_USER_UPDATED : EVENT_USER_DEACTIVATED, a,
	    &now->feed, err);
}

static enum es_code
user_status_step_locked(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_step *step, struct arena *a, bool *same, struct user *out,
    struct es_err *err)
{
	int64_t version = 0;
	struct user now = {0};
	const char *owned;

	TRY(ownership_store_lock(pg, who, id, a, &owned, err));
	TRY(user_store_read_locked(pg, who, id, NULL, a, &now, &version, err));
	if (step == &to_active && strcmp(now.status, "deleted") == 0)
		return es_fail(err, ES_CONFLICT, "the user is deleted");
	if (user_status_step_applies(step, now.status)) {
		TRY(user_store_raise_version(pg, who, a, &version, err));
		TRY(user_status_change(pg, who, step, owned, a, same, &now, err));
	}
	now.acl_version = version;
	*out = now;
	return ES_OK;
}

static enum es_code
user_status_step(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_step *step, struct arena *a, struct user *out, struct es_err *err)
{
	enum es_code rc = ES_UNAVAILABLE;
	bool same;

	/* Try again when the user became the owner of another channel before this
	 * transaction locked the user's row. Locking that channel now, after the user's
	 * row, could deadlock with a change of the channel, which takes the locks in the
	 * other order. */
	for (int tries = 0; tries < STEP_TRIES; tries++) {
		same = true;
		TRY(pg_begin(pg, &who->tenant, err));
		rc = store_end(pg,
		    user_status_step_locked(pg, who, id, step, a, &same, out, err), err);
		if (same)
			break;
	}
	return rc;
}

enum es_code
user_store_deactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	return user_status_step(pg, who, id, &to_deactivated, a, out, err);
}

enum es_code
user_store_reactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	return user_status_step(pg, who, id, &to_active, a, out, err);
}

enum es_code
user_store_delete(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	return user_status_step(pg, who, id, &to_deleted, a, out, err);
}
