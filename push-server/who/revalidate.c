#include "who/revalidate.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "who/identity.h"

#include "core/banned.h"

#define UNANSWERED_MS 1000 /* until the next try after one that had no answer */

/* A look-up under way may have read the state before the change: the connection is looked
 * up once more after it. */
void
revalidate_conn(struct who *w, struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	if (c->who.checking)
		c->who.check_again = true;
	else if (list_empty(&c->who.revalidate))
		list_add_tail(&w->revalidate, &c->who.revalidate);
}

void
revalidate_tenant(struct who *w, const struct tenant_id *tenant)
{
	struct list *all = &w->conns->all;

	for (struct list *l = all->next; l != all; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);

		if (strcmp(c->tenant.text, tenant->text) == 0)
			revalidate_conn(w, c);
	}
}

/* The claims in force have been verified; only the database is asked. */
static void
revalidate_look_up(struct who *w, struct conn *c)
{
	struct lookup look = {.ref = c->ref, .kind = LOOKUP_REVALIDATION};

	look.claims.tenant = c->tenant;
	look.claims.user = c->user;
	look.claims.expires_s = c->expires_s;
	look.claims.issued_s = c->who.issued_s;
	(void)snprintf(look.claims.jti, sizeof(look.claims.jti), "%s", c->who.jti);
	list_del(&c->who.revalidate);
	c->who.checking = true;
	w->n_checking++;
	user_lookups_add(w->lookups, &look);
}

void
revalidate_user(struct who *w, const struct tenant_id *tenant, const struct user_id *user)
{
	struct list *all = &w->conns->all;

	for (struct list *l = all->next; l != all; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);

		if (c->state != CONN_OPEN || strcmp(c->user.text, user->text) != 0 ||
		    strcmp(c->tenant.text, tenant->text) != 0)
			continue;
		if (c->who.checking)
			c->who.check_again = true;
		else
			revalidate_look_up(w, c);
	}
}

void
revalidate_turn(struct who *w)
{
	int64_t left = w->env->conf->lookup_batch;
	struct list *l;

	if (w->n_checking > 0 || list_empty(&w->revalidate) ||
	    w->env->now_ms - w->revalidate_ms < REVALIDATE_EVERY_MS)
		return;
	w->revalidate_ms = w->env->now_ms;
	for (; left > 0 && (l = list_first(&w->revalidate)) != NULL; left--) {
		struct conn *c = LIST_ITEM(l, struct conn, who.revalidate);

		if (c->state == CONN_OPEN)
			revalidate_look_up(w, c);
		else
			list_del(&c->who.revalidate);
	}
}

void
revalidate_dropped(struct who *w)
{
	CHECK(w->n_checking > 0);
	w->n_checking--;
}

/* The socket has taken a fresh token since: the answer is about the old one. */
static bool
revalidate_is_of_old_token(const struct conn *c, const struct lookup *look)
{
	return strcmp(c->who.jti, look->claims.jti) != 0 ||
	       c->who.issued_s != look->claims.issued_s;
}

void
revalidate_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a)
{
	const bool again = c->who.check_again || identity_unanswered(answer->rc);
	struct tenant_settings settings;

	revalidate_dropped(w);
	if (identity_unanswered(
		answer->rc)) /* the database is away: not ten times a second */
		w->revalidate_ms = w->env->now_ms + UNANSWERED_MS - REVALIDATE_EVERY_MS;
	c->who.checking = c->who.check_again = false;
	if (c->state != CONN_OPEN)
		return;
	if (answer->rc == ES_OK)
		identity_adopt_principal(w, c, &answer->principal, a, &settings);
	else if (!identity_unanswered(answer->rc) && !revalidate_is_of_old_token(c, look))
		identity_user_gone(w, c, answer->rc, answer->err.text);
	if (again || revalidate_is_of_old_token(c, look))
		revalidate_conn(w, c);
}
