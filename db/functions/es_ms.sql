-- A time as milliseconds since 1970. STABLE, as extract() of a timestamptz is:
-- PostgreSQL would not inline an IMMUTABLE function, and would call it for each value of
-- each row. SET search_path would prevent inlining, too.
--
-- Callers: all functions and statements that return a time.

CREATE OR REPLACE FUNCTION es_ms(p_time timestamptz) RETURNS bigint
LANGUAGE sql STABLE
AS $$ SELECT trunc(extract(epoch FROM p_time) * 1000)::bigint $$;

REVOKE EXECUTE ON FUNCTION es_ms FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_ms TO echostream_app, es_batch, es_lookup, es_operator;
