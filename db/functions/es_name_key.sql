-- The key by which names are compared (shared/unicode: NFKC, full case folding, without
-- invisible characters), for a row without a key: an older row, or a row of a program
-- older than migration 20261129040000. For all but a few characters the key equals the
-- key of the programs; tests/store/test_name_keys.c counts them. A row gets the exact
-- key when a program writes the name again. A key has at most 500 characters (2,000
-- bytes), because a row of an index takes at most 2,704 bytes.
--
-- IMMUTABLE, and rows store the result: a change of this text needs a migration that writes
-- the keys again.
--
-- Callers: es_users_keys(), es_channels_keys().

DO $do$
DECLARE
	-- A PostgreSQL without ICU uses the database's own rules.
	rules text := CASE WHEN EXISTS (SELECT FROM pg_collation
	    WHERE collname = 'und-x-icu' AND collencoding IN (-1, (SELECT encoding
		FROM pg_database WHERE datname = current_database())))
	    THEN 'und-x-icu' ELSE 'default' END;
	-- Default_Ignorable_Code_Point of Unicode 15, as ranges of a regular expression.
	ignorable text := '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F'
	    '\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0'
	    '\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]';
	blanks text := '[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029'
	    '\u202F\u205F\u2800\u3000]+';
BEGIN
	EXECUTE format($fn$
CREATE OR REPLACE FUNCTION es_name_key(p_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
	k text;
BEGIN
	IF current_setting('server_encoding') <> 'UTF8' THEN
		RETURN left(lower(p_name), 500);
	END IF;
	-- upper() first splits sharp s and the ligatures. It would also turn dotless i
	-- into I, so U+0001 replaces dotless i during the call: no name contains a
	-- control character.
	k := translate(normalize(p_name, NFKC), U&'\0131', E'\x01');
	k := lower(upper(k COLLATE %1$I) COLLATE %1$I);
	k := translate(k, U&'\03C2', U&'\03C3');
	k := normalize(translate(k, E'\x01', U&'\0131'), NFKC);
	k := regexp_replace(k, %2$L, '', 'g');
	k := regexp_replace(k, %3$L, '', 'g');
	RETURN left(normalize(k, NFKC), 500);
END
$$
	$fn$, rules, ignorable, '^' || blanks || '|' || blanks || '$');
END
$do$;

REVOKE EXECUTE ON FUNCTION es_name_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_name_key TO echostream_app, es_operator;
