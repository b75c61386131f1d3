-- A time as milliseconds since 1970. STABLE like extract() of a timestamptz; declared
-- IMMUTABLE PostgreSQL would not inline the function, and would call it for each value of
-- each row. Without SET search_path for the same reason.
--
-- Callers: all functions and statements that return a time.

CREATE OR REPLACE FUNCTION es_ms(p_time timestamptz) RETURNS bigint
LANGUAGE sql STABLE
AS $$ SELECT trunc(extract(epoch FROM p_time) * 1000)::bigint $$;

REVOKE EXECUTE ON FUNCTION es_ms FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_ms TO echostream_app, es_batch, es_lookup, es_operator;
