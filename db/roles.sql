-- The two login roles and the rights on the database. Migrations and functions do the rest.
--
-- A superuser (Aurora: the master user) runs this, connected to EchoStream's database, as often
-- as needed:
--
--   psql -d echostream -f db/roles.sql
--   psql -d echostream -v owner_password=... -v app_password=... -f db/roles.sql
--
-- Without passwords the roles can log in only where pg_hba.conf requires none.

\set ON_ERROR_STOP on

-- NOINHERIT: the owner is a member of the roles that own the functions, so that it can create
-- functions for them. With INHERIT the owner would see the rows that their policies show, which
-- are those of all tenants.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'echostream_owner') THEN
		CREATE ROLE echostream_owner;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'echostream_app') THEN
		CREATE ROLE echostream_app;
	END IF;
END
$$;
ALTER ROLE echostream_owner LOGIN NOINHERIT CREATEROLE NOCREATEDB;
ALTER ROLE echostream_app LOGIN NOINHERIT NOCREATEROLE NOCREATEDB;

-- Only a superuser may name SUPERUSER or BYPASSRLS, and Aurora has no superuser.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname IN ('echostream_owner', 'echostream_app')
	    AND (rolsuper OR rolbypassrls OR rolreplication)) THEN
		ALTER ROLE echostream_owner NOSUPERUSER NOBYPASSRLS NOREPLICATION;
		ALTER ROLE echostream_app NOSUPERUSER NOBYPASSRLS NOREPLICATION;
	END IF;
END
$$;

\if :{?owner_password}
ALTER ROLE echostream_owner PASSWORD :'owner_password';
\endif
\if :{?app_password}
ALTER ROLE echostream_app PASSWORD :'app_password';
\endif

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()),
    format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO echostream_owner',
	current_database()),
    format('GRANT CONNECT ON DATABASE %I TO echostream_app', current_database()) \gexec

-- Aurora's master user is no superuser: only a member of echostream_owner may give the schema to it.
DO $$
BEGIN
	IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		GRANT echostream_owner TO CURRENT_USER;
	END IF;
END
$$;

ALTER SCHEMA public OWNER TO echostream_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO echostream_owner;
GRANT USAGE ON SCHEMA public TO echostream_app;

-- The master user would otherwise keep the rights of the owner.
DO $$
BEGIN
	IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		REVOKE echostream_owner FROM CURRENT_USER;
	END IF;
END
$$;
