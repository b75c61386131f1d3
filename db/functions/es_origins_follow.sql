-- Triggers origins_made and origins_changed: keep tenant_origins equal to the
-- allowed_origins of tenants.settings, whichever program writes the settings. Runs as
-- es_operator, because the application may not write tenant_origins.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_origins_follow() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		DELETE FROM tenant_origins o WHERE o.tenant_id = NEW.id
		AND o.origin NOT IN (SELECT es_origins_of(NEW.settings));
	END IF;
	INSERT INTO tenant_origins (tenant_id, origin)
	SELECT NEW.id, n.origin FROM es_origins_of(NEW.settings) n (origin)
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION es_origins_follow FROM PUBLIC;
RESET ROLE;
