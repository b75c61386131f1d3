/* Finds ids and tokens by name. Names are looked up in the database (ES_DATABASE_URL);
 * ids need no database. Each function prints to stderr what it did not find. */
#ifndef CTL_CTL_FIND_H
#define CTL_CTL_FIND_H

#include "auth/token.h"
#include "pg/pg.h"

#include "ctl_run.h"

/* Connects to the programs' database until c->arena is freed. Returns NULL after printing
 * the fault. */
struct pg *ctl_find_database(const struct ctl *c);

/* text: an id, or a name in any case. */
bool ctl_find_tenant(
    const struct ctl *c, const char *text, struct tenant_id *out) ES_MUST_CHECK;

/* text, in any case: an id, an e-mail address or the part before its @, or a display
 * name. */
bool ctl_find_user(const struct ctl *c, const struct tenant_id *tenant, const char *text,
    struct user_id *out) ES_MUST_CHECK;

/* Finds the tenant's first active owner. */
bool ctl_find_owner(const struct ctl *c, const struct tenant_id *tenant,
    struct user_id *out) ES_MUST_CHECK;

/* Mints a token that is signed with ES_JWT_SECRET. */
bool ctl_mint(const struct ctl *c, const struct tenant_id *tenant,
    const struct user_id *user, int64_t ttl_s, const char **out) ES_MUST_CHECK;

/* Chooses the token for a verb: --token, --as with --tenant, ES_TOKEN, or the token of
 * alice on a dev stack. With owner true, takes a token of the owner of --tenant when none
 * of these is given. Returns -1 when the verb may continue, else the exit status. *fresh
 * (may be NULL) is true for a token that was minted here and can be minted again. */
int ctl_find_token(
    const struct ctl *c, bool owner, const char **out, bool *fresh) ES_MUST_CHECK;

/* Returns the rules of this installation, with ES_JWT_SECRET as the key. key must
 * outlive the rules. */
struct token_rules ctl_token_rules(const struct ctl *c, struct token_key *key);

#endif
