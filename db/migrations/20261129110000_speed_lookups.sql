-- migrate:up

-- extract() of a timestamptz is STABLE. Declared IMMUTABLE, the function was never inlined:
-- a call of a function for each value of each row.
ALTER FUNCTION es_ms STABLE;

-- A channel's and a tenant's owners are few, however many members there are.
CREATE INDEX channel_members_owner_idx ON channel_members (tenant_id, channel_id, user_id)
	WHERE role = 'owner';
CREATE INDEX users_owner_idx ON users (tenant_id, id)
	WHERE role = 'owner' AND status = 'active';
-- A list of channels does not walk the private ones of others.
CREATE INDEX channels_public_idx ON channels (tenant_id, id) WHERE NOT is_private;

-- PostgreSQL plans the body of a LANGUAGE sql function again at each call when the function
-- can't be inlined, which SECURITY DEFINER and SET forbid. plpgsql keeps the plan for the
-- life of the connection. The text of each function stays as the migration before wrote it:
-- only the frame around it changes, so that this migration repeats none of these texts.
-- One plan, good from the first row to the billionth: look-ups by key, never a scan. The one
-- row of cluster_meta has no other way; without seqscan it looks so costly that PostgreSQL
-- would compile the plan (150 ms), hence jit = off.
GRANT CREATE ON SCHEMA public TO es_lookup;
DO $do$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT p.oid, p.proowner::regrole AS owner, p.prosrc, p.oid::regprocedure AS name,
	    pg_get_functiondef(p.oid) AS definition
	    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	    WHERE p.pronamespace = 'public'::regnamespace AND l.lanname = 'sql'
	    AND p.proname IN ('es_rights', 'es_authenticate', 'es_authenticate_many', 'es_heads',
		'es_acl_versions', 'es_api_key', 'es_auth_keys', 'es_subjects', 'es_channel_lock',
		'es_event', 'es_read')
	LOOP
		PERFORM set_config('role', f.owner::text, true);
		EXECUTE replace(replace(f.definition, ' LANGUAGE sql', ' LANGUAGE plpgsql'),
		    f.prosrc, E'\n#variable_conflict use_column\nBEGIN\n\tRETURN QUERY'
		    || f.prosrc || E';\nEND\n');
		EXECUTE format('ALTER FUNCTION %s SET enable_seqscan = off', f.name);
		EXECUTE format('ALTER FUNCTION %s SET jit = off', f.name);
		EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan', f.name);
		PERFORM set_config('role', 'none', true);
	END LOOP;
END
$do$;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

GRANT CREATE ON SCHEMA public TO es_lookup;
DO $do$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT p.oid, p.proowner::regrole AS owner, p.prosrc, p.oid::regprocedure AS name,
	    pg_get_functiondef(p.oid) AS definition
	    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	    WHERE p.pronamespace = 'public'::regnamespace AND l.lanname = 'plpgsql'
	    AND p.proname IN ('es_rights', 'es_authenticate', 'es_authenticate_many', 'es_heads',
		'es_acl_versions', 'es_api_key', 'es_auth_keys', 'es_subjects', 'es_channel_lock',
		'es_event', 'es_read')
	LOOP
		PERFORM set_config('role', f.owner::text, true);
		EXECUTE replace(replace(f.definition, ' LANGUAGE plpgsql', ' LANGUAGE sql'),
		    f.prosrc, regexp_replace(f.prosrc,
			'^\n#variable_conflict use_column\nBEGIN\n\tRETURN QUERY(.*);\nEND\n$', '\1'));
		EXECUTE format('ALTER FUNCTION %s RESET enable_seqscan', f.name);
		EXECUTE format('ALTER FUNCTION %s RESET jit', f.name);
		EXECUTE format('ALTER FUNCTION %s RESET plan_cache_mode', f.name);
		PERFORM set_config('role', 'none', true);
	END LOOP;
END
$do$;
REVOKE CREATE ON SCHEMA public FROM es_lookup;
DROP INDEX channels_public_idx;
DROP INDEX users_owner_idx;
DROP INDEX channel_members_owner_idx;
ALTER FUNCTION es_ms IMMUTABLE;
