-- migrate:up

-- A guest sees the channels that it is a member of, and no other: a public one that it was not
-- added to is unknown to it, like a private one.

-- As before, but for guests.
DROP FUNCTION es_rights;
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
	JOIN LATERAL (SELECT u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = w.user_id AND u.status = 'active' LIMIT 1) u ON true
	JOIN LATERAL (SELECT c.is_private FROM channels c
	    WHERE c.tenant_id = w.tenant_id AND c.id = w.channel_id LIMIT 1) c ON true
	JOIN LATERAL (SELECT h.last_seq, h.archived FROM channel_heads h
	    WHERE h.tenant_id = w.tenant_id AND h.channel_id = w.channel_id LIMIT 1) h ON true
	LEFT JOIN LATERAL (SELECT m.user_id FROM channel_members m
	    WHERE m.tenant_id = w.tenant_id AND m.channel_id = w.channel_id
	    AND m.user_id = w.user_id LIMIT 1) m ON true
	WHERE NOT c.is_private AND u.role <> 'guest' OR m.user_id IS NOT NULL
	ORDER BY w.ord
$$;
GRANT EXECUTE ON FUNCTION es_rights TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_rights OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- es_batch and es_read_many differ by these conditions only, so the edits are written down and
-- not the 200 lines around them.
GRANT SELECT (role) ON users TO es_batch;
DO $do$
DECLARE
	edit record;
	was text;
BEGIN
	FOR edit IN SELECT * FROM (VALUES
	    ('es_batch', 'SELECT u.status, u.display_name FROM users u',
		'SELECT u.status, u.display_name, u.role FROM users u'),
	    ('es_batch', '(c.is_private AND NOT m.is_member)',
		'((c.is_private OR u.role = ''guest'') AND NOT m.is_member)'),
	    ('es_read_many', 'WHEN c.is_private = false THEN ''forbidden''',
		'WHEN c.is_private = false AND g.role <> ''guest'' THEN ''forbidden'''),
	    ('es_read_many', 'AND m.user_id = u.user_id LIMIT 1) m ON true
',
		'AND m.user_id = u.user_id LIMIT 1) m ON true
	LEFT JOIN LATERAL (SELECT g.role FROM users g
		WHERE g.tenant_id = u.tenant_id AND g.id = u.user_id LIMIT 1) g ON true
')) AS t (name, old, new)
	LOOP
		was := pg_get_functiondef(edit.name::regproc);
		IF strpos(was, edit.old) = 0 THEN
			RAISE EXCEPTION '% has no %', edit.name, edit.old;
		END IF;
		EXECUTE format('DROP FUNCTION %I', edit.name);
		EXECUTE replace(was, edit.old, edit.new);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO echostream_app', edit.name);
		EXECUTE format('GRANT CREATE ON SCHEMA public TO es_batch');
		EXECUTE format('ALTER FUNCTION %I OWNER TO es_batch', edit.name);
		EXECUTE format('REVOKE CREATE ON SCHEMA public FROM es_batch');
	END LOOP;
END
$do$;

-- migrate:down

DO $do$
DECLARE
	edit record;
	was text;
BEGIN
	FOR edit IN SELECT * FROM (VALUES
	    ('es_read_many', 'AND m.user_id = u.user_id LIMIT 1) m ON true
	LEFT JOIN LATERAL (SELECT g.role FROM users g
		WHERE g.tenant_id = u.tenant_id AND g.id = u.user_id LIMIT 1) g ON true
',
		'AND m.user_id = u.user_id LIMIT 1) m ON true
'),
	    ('es_read_many', 'WHEN c.is_private = false AND g.role <> ''guest'' THEN ''forbidden''',
		'WHEN c.is_private = false THEN ''forbidden'''),
	    ('es_batch', '((c.is_private OR u.role = ''guest'') AND NOT m.is_member)',
		'(c.is_private AND NOT m.is_member)'),
	    ('es_batch', 'SELECT u.status, u.display_name, u.role FROM users u',
		'SELECT u.status, u.display_name FROM users u')) AS t (name, old, new)
	LOOP
		was := pg_get_functiondef(edit.name::regproc);
		IF strpos(was, edit.old) = 0 THEN
			RAISE EXCEPTION '% has no %', edit.name, edit.old;
		END IF;
		EXECUTE format('DROP FUNCTION %I', edit.name);
		EXECUTE replace(was, edit.old, edit.new);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO echostream_app', edit.name);
		EXECUTE format('GRANT CREATE ON SCHEMA public TO es_batch');
		EXECUTE format('ALTER FUNCTION %I OWNER TO es_batch', edit.name);
		EXECUTE format('REVOKE CREATE ON SCHEMA public FROM es_batch');
	END LOOP;
END
$do$;
REVOKE SELECT (role) ON users FROM es_batch;
DROP FUNCTION es_rights;
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
GRANT EXECUTE ON FUNCTION es_rights TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_rights OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;
