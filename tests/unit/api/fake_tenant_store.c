/* The store of tenants, for the rig: it answers rig.tenant. */
#include <string.h>

#include "cunit_main.h"
#include "rig.h"

#include "core/banned.h"

static enum es_code
fake_tenant_store_answer(enum es_code rc, const struct tenant_id *id, struct tenant *out)
{
	if (rc != ES_OK)
		return rc;
	*out = rig.tenant;
	out->id = *id;
	return ES_OK;
}

enum es_code
tenant_store_create(struct pg *pg, const struct tenant_new *in, struct arena *a,
    struct tenant *out, struct user_id *admin, struct es_err *err)
{
	const bool fresh = strcmp(in->id.text, RIG_CLAIMED) != 0;

	(void)pg, (void)a;
	CU_ASSERT_TRUE(uuid_valid(in->id.text));
	TRY(rig_called(err, "tenant_store_create",
	    "%s name=%s channels=%lld messages=%lld settings=%s email=%s admin=%s",
	    fresh ? "fresh" : rig_id(in->id.text), in->name, (long long)in->max_channels,
	    (long long)in->max_messages_per_second, rig_text(in->settings),
	    in->admin_email, in->admin_display_name));
	*admin = rig.admin.id;
	return fake_tenant_store_answer(ES_OK, fresh ? &rig.tenant.id : &in->id, out);
}

enum es_code
tenant_store_get(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	(void)pg, (void)a;
	return fake_tenant_store_answer(
	    rig_called(err, "tenant_store_get", "%s", rig_id(id->text)), id, out);
}

enum es_code
tenant_store_list(struct pg *pg, const struct tenant_id *after, int64_t limit,
    struct arena *a, struct tenant_page *out, struct es_err *err)
{
	struct tenant *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	TRY(rig_called(err, "tenant_store_list", " after=%s limit=%lld",
	    after == NULL ? "-" : rig_id(after->text), (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.tenant;
		rig_number(items[i].id.text, i);
	}
	*out = (struct tenant_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}

enum es_code
tenant_store_patch(struct pg *pg, const struct tenant_id *id,
    const struct tenant_patch *patch, struct arena *a, struct tenant *out,
    struct es_err *err)
{
	(void)pg, (void)a;
	return fake_tenant_store_answer(
	    rig_called(err, "tenant_store_patch",
		"%s name=%s channels=%lld messages=%lld settings=%s", rig_id(id->text),
		rig_text(patch->name), (long long)patch->max_channels,
		(long long)patch->max_messages_per_second, rig_text(patch->settings)),
	    id, out);
}

enum es_code
tenant_store_suspend(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	(void)pg, (void)a;
	return fake_tenant_store_answer(
	    rig_called(err, "tenant_store_suspend", "%s", rig_id(id->text)), id, out);
}

enum es_code
tenant_store_resume(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant *out, struct es_err *err)
{
	(void)pg, (void)a;
	return fake_tenant_store_answer(
	    rig_called(err, "tenant_store_resume", "%s", rig_id(id->text)), id, out);
}

enum es_code
tenant_admin_first(struct pg *pg, const struct tenant_id *id, struct arena *a,
    struct tenant_admin *out, struct es_err *err)
{
	(void)pg, (void)a;
	TRY(rig_called(err, "tenant_admin_first", "%s", rig_id(id->text)));
	*out = rig.admin;
	return ES_OK;
}
