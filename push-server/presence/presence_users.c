#include "presence/presence_users.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

struct user_key {
	struct tenant_id tenant;
	struct user_id user;
};

struct presence_user {
	struct table_node node;
	struct presence *presence;
	struct user_key key;
	struct list conns;
	struct list all; /* on presence->all_users */
	struct list dirty, leaving;
	int64_t left_ms;              /* when the last connection was closed */
	enum presence_status stored;  /* in Redis */
	enum presence_status storing; /* in the command under way */
	bool known;                   /* Redis still has `stored` */
	bool busy;                    /* a command is under way */
	bool forget_choice; /* the next command must delete the choice made over REST */
	bool forgetting;    /* the command under way deletes that choice */
	bool gone;          /* the user has lost the right to connect: offline */
};

static bool
presence_users_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct presence_user, node)->key, key,
		   sizeof(struct user_key)) == 0;
}

static struct presence_user *
presence_users_find(const struct presence *p, const struct user_key *key)
{
	struct table_node *node = table_find(
	    &p->users, keyed_hash(key, sizeof(*key)), presence_users_same, key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct presence_user, node);
}

static enum presence_status
presence_users_conn_status(
    const struct presence *p, const struct presence_conn *pc, int64_t now_ms)
{
	if (pc->chosen)
		return pc->status;
	return now_ms - pc->conn->last_frame_ms > p->limits.idle_ms ? PRESENCE_IDLE
	                                                            : PRESENCE_ONLINE;
}

/* Online is better than idle, and idle better than offline. After the last connection the
 * status stays for limits.hold_ms. */
static enum presence_status
presence_users_status_of(const struct presence_user *u)
{
	const int64_t now_ms = u->presence->env->now_ms;
	enum presence_status best = PRESENCE_OFFLINE;

	if (u->gone)
		return PRESENCE_OFFLINE;
	if (list_empty(&u->conns))
		return now_ms - u->left_ms < u->presence->limits.hold_ms
		           ? u->stored
		           : PRESENCE_OFFLINE;
	for (struct list *l = u->conns.next; l != &u->conns; l = l->next) {
		const enum presence_status status = presence_users_conn_status(
		    u->presence, LIST_ITEM(l, struct presence_conn, of_user), now_ms);

		if (status > best)
			best = status;
	}
	return best;
}

static void
presence_users_mark(struct presence_user *u)
{
	if (!u->busy && list_empty(&u->dirty))
		list_add_tail(&u->presence->dirty, &u->dirty);
}

static void
presence_users_free_one(struct presence_user *u)
{
	list_del(&u->dirty);
	list_del(&u->leaving);
	list_del(&u->all);
	table_remove(&u->presence->users, &u->node);
	free(u);
}

void
presence_users_join(struct presence *p, struct presence_conn *pc)
{
	const struct user_key key = {pc->conn->tenant, pc->conn->user};
	struct presence_user *u = presence_users_find(p, &key);

	if (u == NULL) {
		u = mem_new(1, sizeof(*u));
		u->presence = p;
		u->key = key;
		list_init(&u->conns);
		list_init(&u->dirty);
		list_init(&u->leaving);
		list_init(&u->all);
		list_add_tail(&p->all_users, &u->all);
		table_add(&p->users, &u->node, keyed_hash(&key, sizeof(key)));
	}
	list_del(&u->leaving);
	u->gone = false; /* the database has accepted the user again */
	pc->user = u;
	list_add_tail(&u->conns, &pc->of_user);
	presence_users_mark(u);
}

void
presence_users_leave(struct presence *p, struct presence_conn *pc)
{
	struct presence_user *u = pc->user;

	list_del(&pc->of_user);
	if (!list_empty(&u->conns)) {
		presence_users_mark(u);
		return;
	}
	u->left_ms = p->env->now_ms;
	list_add_tail(&p->leaving, &u->leaving);
}

enum presence_status
presence_users_status(const struct presence_conn *pc)
{
	return presence_users_status_of(pc->user);
}

void
presence_users_choose(struct presence_conn *pc, enum presence_status status)
{
	/* a client that chooses online gets a status that follows activity */
	pc->chosen = status != PRESENCE_ONLINE;
	pc->status = status;
	pc->user->forget_choice = true;
	/* Write the status even if it is unchanged, so that the choice made over REST is
	 * deleted. */
	pc->user->known = false;
	presence_users_mark(pc->user);
}

static void
presence_users_on_stored(
    void *ctx, enum es_code rc, const struct redis_value *value, const struct es_err *err)
{
	struct presence_user *u = ctx;

	(void)value;
	(void)err;
	u->busy = false;
	if (rc == ES_OK) {
		u->stored = u->storing;
		/* If the client chose again meanwhile, another command must delete the
		 * choice. */
		u->known = !u->forget_choice;
		if (!u->known || presence_users_status_of(u) != u->stored)
			presence_users_mark(u);
	}
	/* After a failure the next scan writes the status again. */
	if (rc != ES_OK)
		u->forget_choice |= u->forgetting;
	if (list_empty(&u->conns) && u->stored == PRESENCE_OFFLINE &&
	    presence_users_status_of(u) == PRESENCE_OFFLINE)
		presence_users_free_one(u);
}

/* Returns false when Redis can't be asked now. */
static bool
presence_users_store_one(struct presence_user *u)
{
	struct presence *p = u->presence;
	struct presence_call call;

	u->storing = presence_users_status_of(u);
	if (u->known && u->storing == u->stored)
		return true;
	presence_set_call(&call, &p->env->id, &u->key.tenant, &u->key.user, u->storing,
	    u->forget_choice);
	if (!p->io.redis(p->io.ctx, call.script, call.argc, call.argv,
		presence_users_on_stored, u))
		return false;
	u->busy = true;
	u->forgetting = u->forget_choice;
	u->forget_choice = false;
	return true;
}

void
presence_users_gone(
    struct presence *p, const struct tenant_id *tenant, const struct user_id *user)
{
	const struct user_key key = {*tenant, *user};
	struct presence_user *u = presence_users_find(p, &key);

	if (u == NULL || u->gone)
		return;
	u->gone = true;
	u->forget_choice = true;
	u->known = false;
	presence_users_mark(u);
}

/* Checks a share of the users, so that each user is checked once in
 * PRESENCE_SCAN_TICKS. */
static void
presence_users_scan(struct presence *p)
{
	size_t n = p->users.n / PRESENCE_SCAN_TICKS + 1;

	for (; n > 0 && !list_empty(&p->all_users); n--) {
		struct presence_user *u =
		    LIST_ITEM(p->all_users.next, struct presence_user, all);

		p->steps++;
		list_move_tail(&p->all_users, &u->all);
		if (!u->known || presence_users_status_of(u) != u->stored)
			presence_users_mark(u);
	}
}

void
presence_users_store_again(struct presence *p)
{
	struct table_node *node = NULL;

	while ((node = table_next(&p->users, node)) != NULL) {
		struct presence_user *u = ES_CONTAINER(node, struct presence_user, node);

		u->known = false;
		presence_users_mark(u);
	}
}

void
presence_users_store(struct presence *p)
{
	struct list *l = list_first(&p->dirty);

	for (unsigned n = 0; n < PRESENCE_USERS_SETS && l != NULL;
	     n++, l = list_first(&p->dirty)) {
		struct presence_user *u = LIST_ITEM(l, struct presence_user, dirty);

		if (!presence_users_store_one(u))
			return;
		list_del(&u->dirty);
		if (!u->busy && list_empty(&u->conns) && u->stored == PRESENCE_OFFLINE)
			presence_users_free_one(u);
	}
}

void
presence_users_tick(struct presence *p)
{
	const int64_t now_ms = p->env->now_ms;

	presence_users_scan(p);
	while (!list_empty(&p->leaving)) {
		struct presence_user *u =
		    LIST_ITEM(p->leaving.next, struct presence_user, leaving);

		if (now_ms - u->left_ms < p->limits.hold_ms)
			break;
		list_del(&u->leaving);
		presence_users_mark(u);
	}
}

void
presence_users_fini(struct presence *p)
{
	struct table_node *node;

	while ((node = table_next(&p->users, NULL)) != NULL)
		presence_users_free_one(ES_CONTAINER(node, struct presence_user, node));
}
