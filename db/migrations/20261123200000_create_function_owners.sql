-- echostream:was b34373da28c5f30eb114d0fa05267f5e026c1092a1ad7d5c02eb9a1dc90b1693
-- migrate:up

-- These three roles own the functions that cross tenants. None of them can log in or bypass
-- row-level security: each table that they use has a policy for them.
DO $$
DECLARE
	owner_name text;
BEGIN
	FOREACH owner_name IN ARRAY ARRAY['es_batch', 'es_lookup', 'es_operator'] LOOP
		-- A role belongs to the cluster: another database may have created it.
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner_name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', owner_name);
		END IF;
		IF current_setting('server_version_num')::int < 160000 THEN
			EXECUTE format('GRANT %I TO CURRENT_USER', owner_name);
		ELSE -- From PostgreSQL 16 on, the creator of a role can't SET ROLE to it by default.
			EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT FALSE, SET TRUE',
			    owner_name);
		END IF;
		EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', owner_name);
	END LOOP;
END
$$;

-- A new function can be called by its owner only, until a GRANT.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- dbmate and echostreamctl have created this table before. Readiness reads it.
CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY);
GRANT SELECT ON schema_migrations TO echostream_app;

-- migrate:down

-- The roles stay: other databases of the cluster may use them.
REVOKE SELECT ON schema_migrations FROM echostream_app;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
REVOKE USAGE ON SCHEMA public FROM es_batch, es_lookup, es_operator;
