-- echostream:was 9e53644514c8f44a1701419f11bed88ce0314c37da2107eb3f370ac9f5b5e55e
-- migrate:up

-- The allowed origins of all tenants, one a row, found by an index: a preflight and a handshake
-- name an origin before the program knows the tenant. Triggers copy tenants.settings ->
-- 'allowed_origins', so that the copy is right when an older program writes the settings. Older
-- programs go on calling es_allowed_origins().
CREATE TABLE tenant_origins (
	tenant_id uuid NOT NULL,
	origin text NOT NULL CHECK (char_length(origin) BETWEEN 1 AND 255),
	PRIMARY KEY (tenant_id, origin)
);
CREATE INDEX tenant_origins_origin_idx ON tenant_origins (origin);
ALTER TABLE tenant_origins ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON tenant_origins TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
GRANT SELECT ON tenant_origins TO echostream_app, es_lookup;
GRANT SELECT, INSERT, DELETE ON tenant_origins TO es_operator;
CREATE POLICY lookup_reads ON tenant_origins FOR SELECT TO es_lookup USING (true);
CREATE POLICY operator_reads ON tenant_origins FOR SELECT TO es_operator USING (true);
CREATE POLICY operator_makes ON tenant_origins FOR INSERT TO es_operator WITH CHECK (true);
CREATE POLICY operator_deletes ON tenant_origins FOR DELETE TO es_operator USING (true);

-- The origins in a tenant's settings. Settings from before the check of settings may hold
-- anything.
CREATE FUNCTION es_origins_of(p_settings jsonb) RETURNS SETOF text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT DISTINCT o.value #>> '{}'
	FROM jsonb_array_elements(CASE WHEN jsonb_typeof(p_settings -> 'allowed_origins') = 'array'
	    THEN p_settings -> 'allowed_origins' ELSE '[]' END) AS o
	WHERE jsonb_typeof(o.value) = 'string'
	AND char_length(o.value #>> '{}') BETWEEN 1 AND 255
$$;

CREATE FUNCTION es_origins_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
GRANT EXECUTE ON FUNCTION es_origins_of TO es_operator;
REVOKE EXECUTE ON FUNCTION es_origins_follow FROM PUBLIC;

-- CREATE TRIGGER needs the right to execute the function, so it comes before the change of
-- owner. A trigger that exists needs no right.
CREATE TRIGGER origins_made AFTER INSERT ON tenants
	FOR EACH ROW EXECUTE FUNCTION es_origins_follow();
CREATE TRIGGER origins_changed AFTER UPDATE OF settings ON tenants
	FOR EACH ROW WHEN (OLD.settings -> 'allowed_origins'
	    IS DISTINCT FROM NEW.settings -> 'allowed_origins')
	EXECUTE FUNCTION es_origins_follow();

GRANT CREATE ON SCHEMA public TO es_operator;
ALTER FUNCTION es_origins_follow OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_operator;

SET LOCAL ROLE es_operator;
INSERT INTO tenant_origins (tenant_id, origin)
SELECT t.id, o.origin FROM tenants t, es_origins_of(t.settings) o (origin);
RESET ROLE;

-- migrate:down

DROP TRIGGER origins_made ON tenants;
DROP TRIGGER origins_changed ON tenants;
DROP FUNCTION es_origins_follow;
DROP FUNCTION es_origins_of;
DROP TABLE tenant_origins;
