-- migrate:up

-- es_subjects where the user may be known already: then its id is asked about, and nobody's
-- external_id. p_user NULL: the subject is looked up. The function with four parameters is
-- for programs before this migration.
CREATE FUNCTION es_subjects(p_tenant uuid[], p_kid text[], p_created_ms bigint[],
    p_subject text[], p_user uuid[])
RETURNS TABLE (ord integer, key_there boolean, user_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, EXISTS (SELECT FROM auth_keys k WHERE k.tenant_id = w.tenant_id
		AND k.kid = w.kid AND es_ms(k.created_at) = w.created_ms
		AND k.revoked_at IS NULL),
	    COALESCE(e.id, d.id, u.id), COALESCE(e.role, d.role, u.role)
	FROM unnest(p_tenant, p_kid, p_created_ms, p_subject, p_user) WITH ORDINALITY
	    AS w (tenant_id, kid, created_ms, subject, known, ord)
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND w.known IS NULL AND u.external_id = w.subject LIMIT 1) e ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM deleted_external_ids x
	    JOIN users u ON u.tenant_id = x.tenant_id AND u.id = x.user_id
	    WHERE x.tenant_id = w.tenant_id AND w.known IS NULL
	    AND x.id_hash = es_external_hash(w.tenant_id, w.subject) LIMIT 1) d ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = COALESCE(w.known,
		CASE WHEN w.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		    THEN w.subject::uuid END) LIMIT 1) u ON true
	ORDER BY w.ord
$$;

GRANT EXECUTE ON FUNCTION es_subjects(uuid[], text[], bigint[], text[], uuid[])
	TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_subjects(uuid[], text[], bigint[], text[], uuid[]) OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_subjects(uuid[], text[], bigint[], text[], uuid[]);
