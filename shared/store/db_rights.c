/* The rights in PostgreSQL that the programs need. The readiness check compares them with
 * the rights of the role, so that a revoked right is found before a request fails. */
#include "store/db_store.h"

#include "core/banned.h"

/* For every right except DELETE, a grant on one column of the table is enough. A table or
 * function that does not exist does not count as missing: a later migration may have
 * dropped it. */
const struct pg_stmt db_rights_stmt = {
    .name = "db_rights",
    .sql =
	"SELECT min(missing) FROM (SELECT p.priv || ' on table ' || w.name AS missing"
	" FROM (VALUES"
	" ('api_keys', 'SELECT INSERT UPDATE DELETE'),"
	" ('auth_issuers', 'SELECT INSERT DELETE'),"
	" ('auth_keys', 'SELECT INSERT UPDATE DELETE'),"
	" ('change_keys', 'SELECT'),"
	" ('channel_bans', 'SELECT INSERT DELETE'),"
	" ('channel_events', 'SELECT INSERT'),"
	" ('channel_heads', 'SELECT INSERT UPDATE DELETE'),"
	" ('channel_members', 'SELECT INSERT UPDATE DELETE'),"
	" ('channels', 'SELECT INSERT UPDATE DELETE'),"
	" ('cluster_meta', 'SELECT'),"
	" ('deleted_channels', 'SELECT INSERT'),"
	" ('deleted_external_ids', 'SELECT INSERT UPDATE'),"
	" ('idempotency_keys', 'SELECT INSERT UPDATE'),"
	" ('message_revisions', 'SELECT'),"
	" ('messages', 'SELECT UPDATE'),"
	" ('reaction_counts', 'SELECT'),"
	" ('reactions', 'SELECT'),"
	" ('refused_messages', 'SELECT'),"
	" ('revoked_tokens', 'SELECT INSERT UPDATE'),"
	" ('schema_migrations', 'SELECT'),"
	" ('tenant_origins', 'SELECT'),"
	" ('tenants', 'SELECT UPDATE'),"
	" ('users', 'SELECT INSERT UPDATE')"
	") w(name, privs), string_to_table(w.privs, ' ') p(priv)"
	" WHERE NOT CASE p.priv"
	" WHEN 'DELETE' THEN has_table_privilege(to_regclass(w.name), p.priv)"
	" ELSE has_any_column_privilege(to_regclass(w.name), p.priv) END"
	" UNION ALL SELECT 'EXECUTE on function ' || proname FROM pg_proc"
	" WHERE pronamespace = 'public'::regnamespace"
	" AND NOT has_function_privilege(oid, 'EXECUTE') AND proname = ANY ("
	"'{es_acl_versions,es_api_key,es_auth_keys,es_authenticate,es_authenticate_many,"
	"es_batch,es_batch_many,es_batch_ops,es_channel_lock,es_dead_letter,es_dead_"
	"letter_purge,es_"
	"epoch,es_event,es_feed_event,"
	"es_external_hash,es_external_lock,es_hand_on,es_heads,"
	"es_jwks_due,es_jwks_want,es_member_payload,es_ms,es_name_key,es_origins_allowed,"
	"es_partition_claim,es_partition_done,es_partition_list,es_partition_release,"
	"es_partition_renew,es_provision,es_purge,es_purge_channels,es_read,es_read_many,"
	"es_refusal_supersede,es_refuse,es_rights,es_subjects,es_tenant_create,"
	"es_tenant_get,es_tenant_list,es_tenant_patch,es_tenant_status}'"
	")) m /* no tenant_id: the data of no tenant */",
    .cols = (const struct pg_col[]){{PG_TEXT, 0}},
    .n_cols = 1,
};
