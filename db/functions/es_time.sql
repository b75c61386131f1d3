-- A time as the JSON of frames and answers writes it: UTC, RFC 3339, with milliseconds.
--
-- Callers: functions that build payloads of events.

CREATE OR REPLACE FUNCTION es_time(p_time timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$ SELECT to_char(p_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

REVOKE EXECUTE ON FUNCTION es_time FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_time TO echostream_app, es_batch;
