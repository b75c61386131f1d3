-- migrate:up

-- The origins of all tenants, one a row, so that one is found by an index: a preflight and a
-- handshake name an origin before it is known whose client they come from. A copy of
-- tenants.settings -> 'allowed_origins' that a trigger keeps, so that it is right whoever
-- writes the settings, programs of an older release too. Those go on calling
-- es_allowed_origins(), which stays.
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

-- What of a tenant's settings is an origin; rows from before the settings were checked may
-- hold anything.
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

-- Those of p_origins that an active tenant allows. Not of LANGUAGE sql: that is planned anew
-- at each call. The generic plan goes by the index whatever the origin.
CREATE FUNCTION es_origins_allowed(p_origins text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
	RETURN QUERY SELECT a.origin FROM unnest(p_origins) AS a (origin)
	WHERE (SELECT true FROM tenant_origins o JOIN tenants t ON t.id = o.tenant_id
	    WHERE o.origin = a.origin AND t.status = 'active' LIMIT 1);
END
$$;

-- As before, but all settings of a tenant together have a limit, since each request reads
-- them. Settings that are over the limit already may shrink.
DROP FUNCTION es_tenant_patch;
CREATE FUNCTION es_tenant_patch(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	old tenants;
	new_limit integer;
	new_settings jsonb;
BEGIN
	SELECT * INTO old FROM tenants t WHERE t.id = p_id FOR NO KEY UPDATE;
	new_limit := NULLIF(COALESCE(p_max_messages_per_second, old.max_messages_per_second), -1);
	new_settings := jsonb_strip_nulls(old.settings || COALESCE(p_settings, '{}'));
	-- Of a limit null is a value: no limit.
	IF (old.settings || COALESCE(p_settings, '{}')) -> 'user_send_limit' = 'null' THEN
		new_settings := new_settings || '{"user_send_limit": null}';
	END IF;
	IF octet_length(new_settings::text) > GREATEST(16384, octet_length(old.settings::text)) THEN
		RAISE EXCEPTION 'settings of more than 16384 bytes'
		USING ERRCODE = 'check_violation', CONSTRAINT = 'tenants_settings_size';
	END IF;
	UPDATE tenants t SET name = COALESCE(p_name, t.name),
	    max_channels = NULLIF(COALESCE(p_max_channels, t.max_channels), -1),
	    max_messages_per_second = new_limit,
	    settings = new_settings,
	    acl_version = t.acl_version + (new_limit IS DISTINCT FROM old.max_messages_per_second
		OR new_settings <> old.settings)::integer
	WHERE t.id = p_id;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

GRANT EXECUTE ON FUNCTION es_tenant_patch, es_origins_allowed TO echostream_app;
GRANT EXECUTE ON FUNCTION es_origins_of TO es_operator;
REVOKE EXECUTE ON FUNCTION es_origins_follow FROM PUBLIC;

-- Triggers fire once the table's owner may no longer touch the function: make them first.
CREATE TRIGGER origins_made AFTER INSERT ON tenants
	FOR EACH ROW EXECUTE FUNCTION es_origins_follow();
CREATE TRIGGER origins_changed AFTER UPDATE OF settings ON tenants
	FOR EACH ROW WHEN (OLD.settings -> 'allowed_origins'
	    IS DISTINCT FROM NEW.settings -> 'allowed_origins')
	EXECUTE FUNCTION es_origins_follow();

GRANT CREATE ON SCHEMA public TO es_operator, es_lookup;
ALTER FUNCTION es_tenant_patch OWNER TO es_operator;
ALTER FUNCTION es_origins_follow OWNER TO es_operator;
ALTER FUNCTION es_origins_allowed OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_operator, es_lookup;

SET LOCAL ROLE es_operator;
INSERT INTO tenant_origins (tenant_id, origin)
SELECT t.id, o.origin FROM tenants t, es_origins_of(t.settings) o (origin);
RESET ROLE;

-- migrate:down

DROP TRIGGER origins_made ON tenants;
DROP TRIGGER origins_changed ON tenants;
DROP FUNCTION es_origins_allowed;
DROP FUNCTION es_origins_follow;
DROP FUNCTION es_origins_of;
DROP TABLE tenant_origins;
DROP FUNCTION es_tenant_patch;
CREATE FUNCTION es_tenant_patch(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	old tenants;
	new_limit integer;
	new_settings jsonb;
BEGIN
	SELECT * INTO old FROM tenants t WHERE t.id = p_id FOR NO KEY UPDATE;
	new_limit := NULLIF(COALESCE(p_max_messages_per_second, old.max_messages_per_second), -1);
	new_settings := jsonb_strip_nulls(old.settings || COALESCE(p_settings, '{}'));
	-- Of a limit null is a value: no limit.
	IF (old.settings || COALESCE(p_settings, '{}')) -> 'user_send_limit' = 'null' THEN
		new_settings := new_settings || '{"user_send_limit": null}';
	END IF;
	UPDATE tenants t SET name = COALESCE(p_name, t.name),
	    max_channels = NULLIF(COALESCE(p_max_channels, t.max_channels), -1),
	    max_messages_per_second = new_limit,
	    settings = new_settings,
	    acl_version = t.acl_version + (new_limit IS DISTINCT FROM old.max_messages_per_second
		OR new_settings <> old.settings)::integer
	WHERE t.id = p_id;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

GRANT EXECUTE ON FUNCTION es_tenant_patch TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_operator;
ALTER FUNCTION es_tenant_patch OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_operator;
