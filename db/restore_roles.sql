-- The roles that own functions, for a cluster into which a dump is restored. In a new database a
-- migration creates them; a dump of one database contains no roles.
--
-- A superuser runs this after roles.sql and before pg_restore:
--
--   psql -d echostream -f db/restore_roles.sql

\set ON_ERROR_STOP on

-- As echostream_owner, because from PostgreSQL 16 on the creator of a role administers it.
SET ROLE echostream_owner;
DO $$
DECLARE
	owner_name text;
BEGIN
	FOREACH owner_name IN ARRAY ARRAY['es_batch', 'es_lookup', 'es_operator'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner_name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', owner_name);
		END IF;
		IF current_setting('server_version_num')::int < 160000 THEN
			EXECUTE format('GRANT %I TO CURRENT_USER', owner_name);
		ELSE
			EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT FALSE, SET TRUE',
			    owner_name);
		END IF;
	END LOOP;
END
$$;
RESET ROLE;
