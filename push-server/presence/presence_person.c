#include "presence/presence_person.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

static bool
presence_person_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct presence_person, node)->user, key,
		   sizeof(struct user_id)) == 0;
}

struct presence_person *
presence_person_find_in(const struct table *people, const struct user_id *user)
{
	struct table_node *node = table_find(
	    people, keyed_hash(user, sizeof(*user)), presence_person_same, user);

	return node == NULL ? NULL : ES_CONTAINER(node, struct presence_person, node);
}

struct presence_person *
presence_person_find(const struct presence_tenant *pt, const struct user_id *user)
{
	return presence_person_find_in(&pt->people, user);
}

struct presence_person *
presence_person_get(struct presence_tenant *pt, const struct user_id *user)
{
	struct presence_person *person = presence_person_find(pt, user);

	if (person != NULL)
		return person;
	person = mem_new(1, sizeof(*person));
	person->user = *user;
	list_init(&person->changed);
	list_init(&person->watches);
	table_add(&pt->people, &person->node, keyed_hash(user, sizeof(*user)));
	return person;
}

void
presence_person_see(struct presence_tenant *pt, struct presence_person *person,
    enum presence_status status)
{
	if (status == person->seen)
		return;
	if (person->seen == PRESENCE_OFFLINE)
		pt->n_present++;
	else if (status == PRESENCE_OFFLINE)
		pt->n_present--;
	person->seen = status;
	if (list_empty(&person->changed))
		list_add_tail(&pt->changed, &person->changed);
}

void
presence_person_drop_idle(struct presence_tenant *pt, struct presence_person *person)
{
	if (!list_empty(&person->watches) || !list_empty(&person->changed))
		return;
	if (!pt->large && person->seen != PRESENCE_OFFLINE)
		return;
	if (pt->asking && presence_person_named_since(person, pt->asked))
		return; /* the answer under way may be older than this status */
	if (person->seen != PRESENCE_OFFLINE)
		pt->n_present--;
	table_remove(&pt->people, &person->node);
	free(person);
}

bool
presence_person_named_since(const struct presence_person *person, uint64_t asked)
{
	return person->named_ask >= asked;
}
