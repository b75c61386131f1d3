#include "who/revalidate.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "who/identity.h"

#include "core/banned.h"

/* Puts a connection on w->first or w->queue. If a look-up of the connection is under way,
 * the answer may be older than the change, so revalidate_answer() puts the connection on
 * a list again. */
static void
revalidate_place(struct who *w, struct conn *c, enum check_again place)
{
	if (c->auth.checking)
		c->auth.again = c->auth.again > place ? c->auth.again : place;
	else if (place == CHECK_FIRST)
		list_move_tail(&w->first, &c->auth.revalidate);
	else if (list_empty(&c->auth.revalidate))
		list_add_tail(&w->queue, &c->auth.revalidate);
}

void
revalidate_conn(struct who *w, struct conn *c)
{
	CHECK(c->state == CONN_OPEN);
	revalidate_place(w, c, CHECK_FIRST);
}

void
revalidate_tenant(struct who *w, const struct tenant_id *tenant)
{
	bearers_forget_keys(w->bearers, tenant);
	(void)user_marks_add(&w->marks, tenant, NULL);
}

void
revalidate_user(struct who *w, const struct tenant_id *tenant, const struct user_id *user)
{
	(void)user_marks_add(&w->marks, tenant, user);
}

void
revalidate_jti(struct who *w, const struct tenant_id *tenant, const char *jti)
{
	user_marks_add_jti(&w->marks, tenant, jti);
}

/* Returns true when the connection uses a revoked token, or when a fresh token is being
 * checked, which may be the revoked one. The look-up of the fresh token may have read the
 * state before the revocation. The look-up that follows here finishes after that one,
 * notices that the token has changed (revalidate_is_of_old_token), and is repeated. */
static bool
revalidate_has_marked_token(const struct who *w, const struct conn *c)
{
	return w->marks.n_jtis > 0 &&
	       (c->auth.fresh_busy ||
		   user_marks_has_jti(&w->marks, &c->tenant, c->auth.jti));
}

static void
revalidate_marked(struct who *w, struct conn *c)
{
	const struct user_mark *all = user_marks_find(&w->marks, &c->tenant, NULL);
	const struct user_mark *user = user_marks_find(&w->marks, &c->tenant, &c->user);

	if (all != NULL && all->gone)
		identity_end(w, c, &all->err);
	else if (user != NULL && user->gone)
		identity_end(w, c, &user->err);
	else if (user != NULL || revalidate_has_marked_token(w, c))
		revalidate_place(w, c, CHECK_FIRST);
	else if (all != NULL)
		revalidate_place(w, c, CHECK_QUEUED);
}

static void
revalidate_marks(struct who *w)
{
	struct list *all = &w->conns->all;

	if (w->marks.table.n == 0)
		return;
	for (struct list *l = all->next; l != all; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);

		if (c->state == CONN_OPEN)
			revalidate_marked(w, c);
	}
	user_marks_clear(&w->marks);
}

/* Asks the database only: the claims of the token in force are verified already. */
static void
revalidate_look_up(struct who *w, struct conn *c)
{
	struct lookup look = {.ref = c->ref, .kind = LOOKUP_REVALIDATION};

	look.claims.tenant = c->tenant;
	look.claims.user = c->user;
	look.claims.expires_s = c->expires_s;
	look.claims.issued_s = c->auth.issued_s;
	(void)snprintf(look.claims.jti, sizeof(look.claims.jti), "%s", c->auth.jti);
	if (c->auth.key != NULL) {
		look.claims.key_created_ms = c->auth.key->created_ms;
		look.claims.owners = c->auth.key->owners;
		memcpy(look.claims.kid, c->auth.key->kid, sizeof(look.claims.kid));
	}
	(void)bearers_check_claims(w->bearers, c, BEARER_KEY, &look.claims);
	c->auth.checking = true;
	w->n_checking++;
	user_lookups_add(w->lookups, &look);
}

/* Look up the first n connections of a list. */
static void
revalidate_take(struct who *w, struct list *from, size_t n)
{
	struct list *l;

	for (; n > 0 && (l = list_first(from)) != NULL; n--) {
		struct conn *c = LIST_ITEM(l, struct conn, auth.revalidate);

		list_del(&c->auth.revalidate);
		if (c->state == CONN_OPEN)
			revalidate_look_up(w, c);
	}
}

void
revalidate_turn(struct who *w)
{
	const size_t batch = (size_t)w->env->conf->lookup_batch;

	revalidate_marks(w);
	if (w->env->now_ms < w->retry_ms)
		return;
	revalidate_take(w, &w->first, SIZE_MAX);
	if (w->n_checking >= batch || list_empty(&w->queue) ||
	    w->env->now_ms - w->queue_ms < REVALIDATE_EVERY_MS)
		return;
	w->queue_ms = w->env->now_ms;
	revalidate_take(w, &w->queue, batch);
}

void
revalidate_on_dropped(struct who *w)
{
	CHECK(w->n_checking > 0);
	w->n_checking--;
}

/* Returns true when the connection has taken a fresh token since the query was sent, so
 * the answer concerns the old token. The connection is then looked up again, because the
 * look-up of the fresh token may have read the state before the change of rights. */
static bool
revalidate_is_of_old_token(const struct conn *c, const struct lookup *look)
{
	return strcmp(c->auth.jti, look->claims.jti) != 0 ||
	       c->auth.issued_s != look->claims.issued_s;
}

void
revalidate_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a)
{
	const bool old = revalidate_is_of_old_token(c, look);
	enum check_again again = c->auth.again;
	struct tenant_settings settings;

	revalidate_on_dropped(w);
	c->auth.checking = false;
	c->auth.again = CHECK_NO_MORE;
	if (answer->rc == ES_OK) {
		identity_adopt_principal(w, c, &answer->principal, a, &settings);
	} else if (identity_unanswered(answer->rc)) {
		w->retry_ms = w->env->now_ms + REVALIDATE_RETRY_MS;
		/* the connection has already waited its time in the queue */
		again = CHECK_FIRST;
	} else if (answer->gone || !old) {
		identity_on_refused(w, c, answer);
		return;
	}
	if (old)
		again = CHECK_FIRST;
	if (again != CHECK_NO_MORE)
		revalidate_place(w, c, again);
}
