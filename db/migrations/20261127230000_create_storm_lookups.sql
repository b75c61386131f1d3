-- migrate:up

-- Many clients that come back at once are looked up by few statements, whatever tenant each is of.
GRANT SELECT (tenant_id, id, is_private) ON channels TO es_lookup;
GRANT SELECT (tenant_id, channel_id, user_id) ON channel_members TO es_lookup;
CREATE POLICY lookup_reads ON channels FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON channel_members FOR SELECT TO es_lookup USING (true);

-- es_authenticate for many, a row for each element that is a user of its tenant.
CREATE FUNCTION es_authenticate_many(p_tenant uuid[], p_user uuid[], p_jti text[])
RETURNS TABLE (ord integer, tenant_status text, acl_version bigint,
    max_messages_per_second integer, settings jsonb, user_status text, role text,
    display_name text, tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, t.status, t.acl_version, t.max_messages_per_second, t.settings,
	    u.status, u.role, u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = w.tenant_id AND r.jti = w.jti),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM unnest(p_tenant, p_user, p_jti) WITH ORDINALITY AS w (tenant_id, user_id, jti, ord)
	JOIN LATERAL (SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings
	    FROM tenants t WHERE t.id = w.tenant_id LIMIT 1) t ON true
	JOIN LATERAL (SELECT u.status, u.role, u.display_name, u.tokens_valid_after FROM users u
	    WHERE u.tenant_id = w.tenant_id AND u.id = w.user_id LIMIT 1) u ON true
	ORDER BY w.ord
$$;

-- May each of these active users read this channel? A row for each that may, from one
-- snapshot: what is changed later has a higher acl_version or number. LATERAL with a limit:
-- look-ups by key, however many.
CREATE FUNCTION es_rights(p_tenant uuid[], p_user uuid[], p_channel uuid[])
RETURNS TABLE (ord integer, last_seq bigint, is_private boolean, is_member boolean,
    archived boolean, acl_version bigint, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, h.last_seq, c.is_private, m.user_id IS NOT NULL, h.archived,
	    t.acl_version, (SELECT e.epoch FROM cluster_meta e)
	FROM unnest(p_tenant, p_user, p_channel) WITH ORDINALITY
	    AS w (tenant_id, user_id, channel_id, ord)
	JOIN LATERAL (SELECT t.acl_version FROM tenants t
	    WHERE t.id = w.tenant_id AND t.status = 'active' LIMIT 1) t ON true
	JOIN LATERAL (SELECT u.id FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = w.user_id AND u.status = 'active' LIMIT 1) u ON true
	JOIN LATERAL (SELECT c.is_private FROM channels c
	    WHERE c.tenant_id = w.tenant_id AND c.id = w.channel_id LIMIT 1) c ON true
	JOIN LATERAL (SELECT h.last_seq, h.archived FROM channel_heads h
	    WHERE h.tenant_id = w.tenant_id AND h.channel_id = w.channel_id LIMIT 1) h ON true
	LEFT JOIN LATERAL (SELECT m.user_id FROM channel_members m
	    WHERE m.tenant_id = w.tenant_id AND m.channel_id = w.channel_id
	    AND m.user_id = w.user_id LIMIT 1) m ON true
	WHERE NOT c.is_private OR m.user_id IS NOT NULL
	ORDER BY w.ord
$$;

GRANT EXECUTE ON FUNCTION es_authenticate_many, es_rights TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_authenticate_many OWNER TO es_lookup;
ALTER FUNCTION es_rights OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_rights;
DROP FUNCTION es_authenticate_many;
DROP POLICY lookup_reads ON channels;
DROP POLICY lookup_reads ON channel_members;
REVOKE ALL ON channels, channel_members FROM es_lookup;
