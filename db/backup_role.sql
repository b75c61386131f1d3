-- The role that pg_dump uses. It reads every row of every tenant, so keep its password like that of a
-- superuser. Row-level security applies to echostream_owner, so a dump by the owner fails.
--
-- A superuser runs this, connected to EchoStream's database, as often as needed:
--
--   psql -d echostream -f db/backup_role.sql
--   psql -d echostream -v backup_password=... -f db/backup_role.sql

\set ON_ERROR_STOP on

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'echostream_backup') THEN
		CREATE ROLE echostream_backup;
	END IF;
END
$$;
ALTER ROLE echostream_backup LOGIN BYPASSRLS NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION;
ALTER ROLE echostream_backup SET default_transaction_read_only = on;
\if :{?backup_password}
ALTER ROLE echostream_backup PASSWORD :'backup_password';
\endif
GRANT pg_read_all_data TO echostream_backup;
SELECT format('GRANT CONNECT ON DATABASE %I TO echostream_backup', current_database()) \gexec
