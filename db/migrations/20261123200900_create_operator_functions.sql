-- migrate:up

GRANT SELECT, INSERT, UPDATE (name, max_channels, max_messages_per_second, settings, status,
	acl_version) ON tenants TO es_operator;
GRANT INSERT ON users TO es_operator;
GRANT SELECT, UPDATE ON channel_heads TO es_operator;
GRANT SELECT, UPDATE ON cluster_meta TO es_operator;
GRANT SELECT ON dead_letters TO es_operator;
GRANT EXECUTE ON FUNCTION es_ms TO es_operator;

CREATE POLICY operator_reads ON tenants FOR SELECT TO es_operator USING (true);
CREATE POLICY operator_makes ON tenants FOR INSERT TO es_operator WITH CHECK (true);
CREATE POLICY operator_changes ON tenants FOR UPDATE TO es_operator USING (true);
CREATE POLICY operator_makes ON users FOR INSERT TO es_operator WITH CHECK (true);
CREATE POLICY operator_reads ON channel_heads FOR SELECT TO es_operator USING (true);
CREATE POLICY operator_changes ON channel_heads FOR UPDATE TO es_operator USING (true);

-- A tenant and its first user, role owner. NULL limits and settings: the defaults.
CREATE FUNCTION es_tenant_create(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb, p_admin uuid, p_email text,
    p_display_name text)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO tenants (id, name, max_channels, max_messages_per_second, settings)
	VALUES (p_id, p_name, COALESCE(p_max_channels, 1000),
	    COALESCE(p_max_messages_per_second, 1000), COALESCE(p_settings, '{}'));
	INSERT INTO users (tenant_id, id, email, display_name, role)
	VALUES (p_id, p_admin, p_email, p_display_name, 'owner');
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

CREATE FUNCTION es_tenant_get(p_id uuid)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT t.id, t.name, es_ms(t.created_at), t.max_channels, t.max_messages_per_second,
	    t.channel_count, t.acl_version, t.status, t.settings
	FROM tenants t WHERE t.id = p_id
$$;

-- A page by id; p_after NULL: from the start.
CREATE FUNCTION es_tenant_list(p_after uuid, p_limit integer)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT t.id, t.name, es_ms(t.created_at), t.max_channels, t.max_messages_per_second,
	    t.channel_count, t.acl_version, t.status, t.settings
	FROM tenants t
	WHERE t.id > COALESCE(p_after, '00000000-0000-0000-0000-000000000000')
	ORDER BY t.id LIMIT p_limit
$$;

-- NULL leaves a value as it is. Members of p_settings replace those of the same name; a JSON
-- null removes one. No row: no such tenant. Workers hold limits and origins, so they are told
-- by the version.
CREATE FUNCTION es_tenant_patch(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	UPDATE tenants t SET name = COALESCE(p_name, t.name),
	    max_channels = COALESCE(p_max_channels, t.max_channels),
	    max_messages_per_second = COALESCE(p_max_messages_per_second,
		t.max_messages_per_second),
	    settings = jsonb_strip_nulls(t.settings || COALESCE(p_settings, '{}')),
	    acl_version = t.acl_version + 1
	WHERE t.id = p_id;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

-- 'active' or 'suspended'. A status it has already changes nothing.
CREATE FUNCTION es_tenant_status(p_id uuid, p_status text)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	UPDATE tenants t SET status = p_status, acl_version = t.acl_version + 1
	WHERE t.id = p_id AND t.status <> p_status;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

-- Newest first; p_before NULL: from the newest.
CREATE FUNCTION es_dead_letter_list(p_before bigint, p_limit integer)
RETURNS TABLE (id bigint, created_ms bigint, source text, source_id text, tenant text,
    channel text, envelope_id text, sqlstate text, reason text, entry bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT d.id, es_ms(d.created_at), d.source, d.source_id, d.tenant, d.channel,
	    d.envelope_id, d.sqlstate, d.reason, d.entry
	FROM dead_letters d WHERE p_before IS NULL OR d.id < p_before
	ORDER BY d.id DESC LIMIT p_limit
$$;

-- After a restore or a failover that may have lost commits: clients may have seen numbers that
-- the database is about to give again. Skip ahead of them and tell by a new epoch.
CREATE FUNCTION es_recovered() RETURNS TABLE (epoch uuid, channels bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	LOCK TABLE channel_heads IN EXCLUSIVE MODE; -- batches lock heads in order; this can't
	UPDATE channel_heads SET last_seq = last_seq + 1000000;
	GET DIAGNOSTICS channels = ROW_COUNT;
	UPDATE cluster_meta m SET epoch = gen_random_uuid(), recovered_at = now()
	RETURNING m.epoch INTO epoch;
	RETURN NEXT;
END
$$;

GRANT EXECUTE ON FUNCTION es_tenant_create, es_tenant_get, es_tenant_list, es_tenant_patch,
	es_tenant_status, es_dead_letter_list TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_operator;
ALTER FUNCTION es_tenant_create OWNER TO es_operator;
ALTER FUNCTION es_tenant_get OWNER TO es_operator;
ALTER FUNCTION es_tenant_list OWNER TO es_operator;
ALTER FUNCTION es_tenant_patch OWNER TO es_operator;
ALTER FUNCTION es_tenant_status OWNER TO es_operator;
ALTER FUNCTION es_dead_letter_list OWNER TO es_operator;
ALTER FUNCTION es_recovered OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_operator;

-- Not for the application: who runs the database recovers it.
SET LOCAL ROLE es_operator;
GRANT EXECUTE ON FUNCTION es_recovered TO echostream_owner;
RESET ROLE;

-- migrate:down

DROP FUNCTION es_recovered;
DROP FUNCTION es_dead_letter_list;
DROP FUNCTION es_tenant_status;
DROP FUNCTION es_tenant_patch;
DROP FUNCTION es_tenant_create;
DROP FUNCTION es_tenant_list;
DROP FUNCTION es_tenant_get;
DROP POLICY operator_reads ON tenants;
DROP POLICY operator_makes ON tenants;
DROP POLICY operator_changes ON tenants;
DROP POLICY operator_makes ON users;
DROP POLICY operator_reads ON channel_heads;
DROP POLICY operator_changes ON channel_heads;
REVOKE ALL ON tenants, users, channel_heads, cluster_meta, dead_letters FROM es_operator;
REVOKE EXECUTE ON FUNCTION es_ms FROM es_operator;
