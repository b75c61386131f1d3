-- migrate:up

-- The subject of a token may be one of our ids in upper case, as Swift and .NET print them.
-- Without this, a key that makes unknown users would make a second user for the id. The
-- tenant's own ids are compared letter by letter, as before. Both forms of es_subjects are
-- changed: the one of these programs and that of the programs before.
GRANT CREATE ON SCHEMA public TO es_lookup;
SET LOCAL ROLE es_lookup;
DO $do$
DECLARE
	one oid;
	was text;
BEGIN
	FOR one IN SELECT p.oid FROM pg_proc p WHERE p.proname = 'es_subjects' LOOP
		was := pg_get_functiondef(one);
		IF strpos(was, 'w.subject ~ ''^[0-9a-f]') = 0 THEN
			RAISE EXCEPTION '% does not compare subjects as expected', one::regprocedure;
		END IF;
		EXECUTE replace(was, 'w.subject ~ ''^[0-9a-f]', 'w.subject ~* ''^[0-9a-f]');
	END LOOP;
END
$do$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

GRANT CREATE ON SCHEMA public TO es_lookup;
SET LOCAL ROLE es_lookup;
DO $do$
DECLARE
	one oid;
BEGIN
	FOR one IN SELECT p.oid FROM pg_proc p WHERE p.proname = 'es_subjects' LOOP
		EXECUTE replace(pg_get_functiondef(one), 'w.subject ~* ''^[0-9a-f]',
		    'w.subject ~ ''^[0-9a-f]');
	END LOOP;
END
$do$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM es_lookup;
