-- Triggers renew_external_id and renew_external_id_of_new: when a user gets the external
-- id of a deleted user, its tokens are valid from now on only. Tokens that were signed
-- for the deleted user must not become tokens of the new one.

CREATE OR REPLACE FUNCTION es_renew_external_id() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	IF EXISTS (SELECT FROM deleted_external_ids d WHERE d.tenant_id = NEW.tenant_id
	    AND d.id_hash = es_external_hash(NEW.tenant_id, NEW.external_id)) THEN
		NEW.tokens_valid_after := GREATEST(NEW.tokens_valid_after, clock_timestamp());
	END IF;
	RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION es_renew_external_id FROM PUBLIC;
