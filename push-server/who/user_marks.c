#include "who/user_marks.h"

#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

static struct user_mark_key
user_marks_key(const struct tenant_id *tenant, const struct user_id *user)
{
	struct user_mark_key key;

	memset(&key, 0, sizeof(key));
	key.tenant = *tenant;
	if (user != NULL)
		key.user = *user;
	return key;
}

static bool
user_marks_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct user_mark, node)->key, key,
		   sizeof(struct user_mark_key)) == 0;
}

static struct user_mark *
user_marks_get(const struct user_marks *m, const struct user_mark_key *key)
{
	struct table_node *node =
	    table_find(&m->table, keyed_hash(key, sizeof(*key)), user_marks_same, key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct user_mark, node);
}

static struct user_mark *
user_marks_put(struct user_marks *m, const struct user_mark_key *key)
{
	struct user_mark *mark = user_marks_get(m, key);

	if (mark == NULL) {
		mark = mem_new(1, sizeof(*mark));
		mark->key = *key;
		table_add(&m->table, &mark->node, keyed_hash(key, sizeof(*key)));
		m->n_jtis += key->jti[0] != '\0';
	}
	return mark;
}

struct user_mark *
user_marks_add(
    struct user_marks *m, const struct tenant_id *tenant, const struct user_id *user)
{
	const struct user_mark_key key = user_marks_key(tenant, user);

	return user_marks_put(m, &key);
}

static struct user_mark_key
user_marks_jti_key(const struct tenant_id *tenant, const char *jti)
{
	struct user_mark_key key = user_marks_key(tenant, NULL);

	CHECK(strlen(jti) < sizeof(key.jti));
	memcpy(key.jti, jti, strlen(jti));
	return key;
}

void
user_marks_add_jti(struct user_marks *m, const struct tenant_id *tenant, const char *jti)
{
	const struct user_mark_key key = user_marks_jti_key(tenant, jti);

	CHECK(jti[0] != '\0');
	(void)user_marks_put(m, &key);
}

bool
user_marks_has_jti(
    const struct user_marks *m, const struct tenant_id *tenant, const char *jti)
{
	const struct user_mark_key key = user_marks_jti_key(tenant, jti);

	return jti[0] != '\0' && user_marks_get(m, &key) != NULL;
}

const struct user_mark *
user_marks_find(const struct user_marks *m, const struct tenant_id *tenant,
    const struct user_id *user)
{
	const struct user_mark_key key = user_marks_key(tenant, user);

	return user_marks_get(m, &key);
}

void
user_marks_clear(struct user_marks *m)
{
	struct table_node *node;

	while ((node = table_next(&m->table, NULL)) != NULL) {
		table_remove(&m->table, node);
		mem_free(ES_CONTAINER(node, struct user_mark, node));
	}
	m->n_jtis = 0;
}
