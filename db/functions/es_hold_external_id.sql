-- Trigger hold_external_id: when a user is deleted, moves its external id into
-- deleted_external_ids, as a hash. Tokens for the id then find the deleted user and are
-- refused. As a trigger it also covers programs of the last release.

CREATE OR REPLACE FUNCTION es_hold_external_id() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	PERFORM es_external_lock(OLD.tenant_id, OLD.external_id);
	INSERT INTO deleted_external_ids (tenant_id, id_hash, user_id)
	VALUES (OLD.tenant_id, es_external_hash(OLD.tenant_id, OLD.external_id), OLD.id)
	ON CONFLICT (tenant_id, id_hash) DO UPDATE SET user_id = excluded.user_id;
	NEW.external_id := NULL;
	RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION es_hold_external_id FROM PUBLIC;
