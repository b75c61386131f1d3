/* The stores of tokens, API keys, keys of issuers and Idempotency-Keys, for the rig. */
#include <string.h>

#include "cunit_main.h"
#include "guard/jwks_fetch.h"
#include "rig.h"
#include "store/idempotency_store.h"

#include "core/banned.h"

enum es_code
token_store_issue_s(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, int64_t *out, struct es_err *err)
{
	(void)pg, (void)a;
	TRY(rig_called(err, "token_store_issue_s", "%s %s", rig_id(tenant->text),
	    rig_id(user->text)));
	*out = rig.issue_s;
	return ES_OK;
}

enum es_code
token_store_revoke_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, int64_t now_ms, struct arena *a,
    struct token_revocation *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	rig.asked_ms = now_ms;
	TRY(rig_called(err, "token_store_revoke_user", "%s", rig_id(user->text)));
	*out = rig.revoked;
	return ES_OK;
}

enum es_code
token_store_revoke_jti(struct pg *pg, const struct actor *who, const struct token_jti *in,
    struct arena *a, struct token_revocation *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	rig.asked_ms = in->expires_ms;
	TRY(rig_called(err, "token_store_revoke_jti", "%s of %s max=%lld", in->jti,
	    in->user == NULL ? "-" : rig_id(in->user->text), (long long)in->max));
	*out = rig.revoked;
	return ES_OK;
}

enum es_code
api_key_store_create(struct pg *pg, const struct actor *who, const struct api_key_new *in,
    struct arena *a, struct api_key *out, struct es_err *err)
{
	const bool fresh = strcmp(in->id.text, RIG_CLAIMED) != 0;

	(void)pg;
	rig_actor(who);
	CU_ASSERT_TRUE(uuid_valid(in->id.text));
	CU_ASSERT_TRUE(api_key_text_is(in->key));
	rig.made_key = arena_strdup(a, in->key);
	rig.asked_ms = in->expires_ms;
	TRY(rig_called(err, "api_key_store_create",
	    "%s name=%s scopes=%u bot=%s max=%lld", fresh ? "fresh" : rig_id(in->id.text),
	    in->name, in->scopes, in->bot == NULL ? "-" : rig_id(in->bot->text),
	    (long long)in->max));
	*out = rig.key;
	return ES_OK;
}

enum es_code
api_key_store_list(struct pg *pg, const struct actor *who, const char *after,
    int64_t limit, struct arena *a, struct api_key_page *out, struct es_err *err)
{
	struct api_key *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "api_key_store_list", " after=%s limit=%lld", rig_id(after),
	    (long long)limit));
	for (unsigned i = 0; i < rig.n_items; i++) {
		items[i] = rig.key;
		rig_number(items[i].id.text, i);
	}
	*out = (struct api_key_page){.items = items, .n = rig.n_items, .more = rig.more};
	return ES_OK;
}

enum es_code
api_key_store_revoke(struct pg *pg, const struct actor *who, const struct uuid *id,
    int64_t revoked_ms, struct arena *a, struct api_key *out, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	rig.asked_ms = revoked_ms;
	TRY(rig_called(err, "api_key_store_revoke", "%s", rig_id(id->text)));
	*out = rig.key;
	return ES_OK;
}

void
api_key_store_jti(const struct uuid *id, char out[API_KEY_JTI])
{
	memcpy(out, "key:", 4);
	memcpy(out + 4, id->text, sizeof(id->text));
}

enum es_code
auth_key_store_list(struct pg *pg, const struct actor *who, struct arena *a,
    struct auth_key **out, size_t *out_n, struct es_err *err)
{
	struct auth_key *items = arena_alloc(a, rig.n_items * sizeof(*items));

	(void)pg;
	rig_actor(who);
	TRY(rig_called(err, "auth_key_store_list", "-"));
	for (unsigned i = 0; i < rig.n_items; i++)
		items[i] = rig.auth_key;
	*out = items;
	*out_n = rig.n_items;
	return ES_OK;
}

/* Records only the length of a secret, a public key or a key set. */
static size_t
fake_key_store_length(const char *s)
{
	return s == NULL ? 0 : strlen(s);
}

enum es_code
auth_key_store_create(struct pg *pg, const struct actor *who,
    const struct auth_key_new *in, struct arena *a, struct auth_key *out,
    struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "auth_key_store_create",
	    "%s %s %s aud=%s secret=%zu pem=%zu url=%s jwks=%s provision=%s owners=%s",
	    in->kid, in->alg, in->issuer, rig_text(in->audience),
	    fake_key_store_length(in->secret), fake_key_store_length(in->public_key),
	    rig_text(in->jwks_url), rig_text(in->jwks), rig_bool(in->provision),
	    rig_bool(in->owners)));
	*out = rig.auth_key;
	return ES_OK;
}

enum es_code
auth_key_store_delete(struct pg *pg, const struct actor *who, const char *kid,
    struct arena *a, int64_t *out_acl_version, struct es_err *err)
{
	(void)pg, (void)a;
	rig_actor(who);
	TRY(rig_called(err, "auth_key_store_delete", "%s", kid));
	*out_acl_version = rig.revoked.acl_version;
	return ES_OK;
}

enum es_code
jwks_fetch(const struct api_conf *conf, const char *url, enum token_alg alg,
    struct arena *a, const char **out, struct es_err *err)
{
	(void)a;
	CU_ASSERT_PTR_EQUAL(conf, rig.api.conf);
	TRY(rig_called(err, "jwks_fetch", "%s %s", url, token_alg_name(alg)));
	*out = "a-key-set";
	return ES_OK;
}

/* A claim of the operator has the nil UUID as its tenant. */
enum es_code
idempotency_store_claim(struct pg *pg, const struct idempotency_claim *claim,
    struct arena *a, struct uuid *id, bool *again, struct es_err *err)
{
	const struct digest_part body = {rig.req.body, rig.req.body_len};
	unsigned char request[DIGEST_SHA256];

	(void)pg, (void)a;
	digest_sha256(&body, 1, request);
	CU_ASSERT_EQUAL(memcmp(request, claim->request, sizeof(request)), 0);
	TRY(rig_called(err, "idempotency_store_claim", "%s %s %s %s",
	    rig_id(claim->tenant.text), rig_id(claim->actor), claim->route, claim->key));
	memcpy(id->text, RIG_CLAIMED, sizeof(id->text));
	*again = rig.again;
	return ES_OK;
}
