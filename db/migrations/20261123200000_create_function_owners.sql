-- migrate:up

-- What crosses tenants runs in functions owned by these three. None of them can log in, none
-- bypasses row-level security: each table they touch has a policy that names them.
DO $$
DECLARE
	owner_name text;
BEGIN
	FOREACH owner_name IN ARRAY ARRAY['es_batch', 'es_lookup', 'es_operator'] LOOP
		-- Roles belong to the cluster: another database of it may have made them.
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner_name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', owner_name);
		END IF;
		IF current_setting('server_version_num')::int < 160000 THEN
			EXECUTE format('GRANT %I TO CURRENT_USER', owner_name);
		ELSE -- From 16 on, who makes a role may administer it but not become it.
			EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT FALSE, SET TRUE',
			    owner_name);
		END IF;
		EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', owner_name);
	END LOOP;
END
$$;

-- No function is anybody's to call unless a migration says so.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Both dbmate and echostreamctl have made this table by now; readiness reads it.
CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY);
GRANT SELECT ON schema_migrations TO echostream_app;

-- migrate:down

-- The roles stay: other databases of the cluster may use them.
REVOKE SELECT ON schema_migrations FROM echostream_app;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
REVOKE USAGE ON SCHEMA public FROM es_batch, es_lookup, es_operator;
