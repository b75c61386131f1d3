/* The store of users, for the rig: it answers rig.user. */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

static enum es_code
fake_user_store_answer(enum es_code rc, const struct user_id *id, struct user *out)
{
	if (rc != ES_OK)
		return rc;
	*out = rig.user;
	out->handed_on = rig.events;
	out->id = *id;
	return ES_OK;
}

enum es_code
user_store_get(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_user_store_answer(
	    rig_called(err, "user_store_get", "%s", rig_id(id->text)), id, out);
}

enum es_code
user_store_create(struct pg *pg, const struct actor *who, const struct user_new *in,
    struct arena *a, struct user *out, struct es_err *err)
{
	/* Without an Idempotency-Key the handler makes a new id for each user. */
	const bool fresh = strcmp(in->id.text, RIG_CLAIMED) != 0;

	(void)pg, (void)a;
	rig_actor(who);
	CU_ASSERT_TRUE(uuid_valid(in->id.text));
	return fake_user_store_answer(
	    rig_called(err, "user_store_create", "%s email=%s name=%s role=%s ext=%s",
		fresh ? "fresh" : rig_id(in->id.text), rig_text(in->email),
		rig_text(in->display_name), rig_text(in->role),
		rig_text(in->external_id)),
	    fresh ? &rig.user.id : &in->id, out);
}

enum es_code
user_store_patch(struct pg *pg, const struct actor *who, const struct user_id *id,
    const struct user_patch *patch, struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	const char *receipts = patch->read_receipts == NULL ? ""
	                       : *patch->read_receipts      ? " receipts=true"
	                                                    : " receipts=false";

	return fake_user_store_answer(
	    rig_called(err, "user_store_patch", "%s email=%s name=%s role=%s ext=%s%s",
		rig_id(id->text), rig_text(patch->email), rig_text(patch->display_name),
		rig_text(patch->role), rig_text(patch->external_id), receipts),
	    id, out);
}

enum es_code
user_store_deactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_user_store_answer(
	    rig_called(err, "user_store_deactivate", "%s", rig_id(id->text)), id, out);
}

enum es_code
user_store_reactivate(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_user_store_answer(
	    rig_called(err, "user_store_reactivate", "%s", rig_id(id->text)), id, out);
}

enum es_code
user_store_delete(struct pg *pg, const struct actor *who, const struct user_id *id,
    struct arena *a, struct user *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	return fake_user_store_answer(
	    rig_called(err, "user_store_delete", "%s", rig_id(id->text)), id, out);
}

enum es_code
user_store_list(struct pg *pg, const struct actor *who, const struct user_filter *filter,
    const struct user_id *after, int64_t limit, struct arena *a, struct user_page *out,
    struct es_err *err)
{
	struct user *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "user_store_list",
	    "email=%s ext=%s name=%s role=%s status=%s after=%s limit=%lld",
	    rig_text(filter->email), rig_text(filter->external_id),
	    rig_text(filter->name_prefix), rig_text(filter->role),
	    rig_text(filter->status), after == NULL ? "-" : rig_id(after->text),
	    (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.user;
		rig_number(items[i].id.text, i);
	}
	*out = (struct user_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}

/* The last of several ids belongs to no user; each other id belongs to one. */
enum es_code
user_store_known(struct pg *pg, const struct actor *who, const struct user_id ids[],
    size_t n, struct arena *a, struct user_id **out, size_t *n_out, struct es_err *err)
{
	struct user_id *known = arena_alloc(a, n * sizeof(*known));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "user_store_known", "%zu %s", n, rig_id(ids[0].text)));
	memcpy(known, ids, n * sizeof(*known));
	*out = known;
	*n_out = n > 1 ? n - 1 : n;
	return ES_OK;
}
