/* From names to ids and tokens. Names are looked up in the database (ES_DATABASE_URL);
 * ids need none. All tell on stderr what they did not find. */
#ifndef CTL_CTL_FIND_H
#define CTL_CTL_FIND_H

#include "auth/token.h"
#include "pg/pg.h"

#include "ctl_run.h"

/* The programs' database; closed with c->arena. NULL after telling. */
struct pg *ctl_find_database(const struct ctl *c);

/* An id, or a name in any case. */
bool ctl_find_tenant(
    const struct ctl *c, const char *text, struct tenant_id *out) ES_MUST_CHECK;

/* An id, an e-mail address or the part before its @, or a display name; in any case. */
bool ctl_find_user(const struct ctl *c, const struct tenant_id *tenant, const char *text,
    struct user_id *out) ES_MUST_CHECK;

/* The tenant's first active owner. */
bool ctl_find_owner(const struct ctl *c, const struct tenant_id *tenant,
    struct user_id *out) ES_MUST_CHECK;

/* Signed with ES_JWT_SECRET. */
bool ctl_mint(const struct ctl *c, const struct tenant_id *tenant,
    const struct user_id *user, int64_t ttl_s, const char **out) ES_MUST_CHECK;

/* The token to work with: --token, --as of --tenant, ES_TOKEN, on a dev stack alice's.
 * owner: where none is named, the owner of --tenant. Returns -1 to go on, else the exit
 * status. *fresh (may be NULL): minted here, and may be minted again. */
int ctl_find_token(
    const struct ctl *c, bool owner, const char **out, bool *fresh) ES_MUST_CHECK;

/* The rules of this installation, over ES_JWT_SECRET. key must outlive the rules. */
struct token_rules ctl_token_rules(const struct ctl *c, struct token_key *key);

#endif
