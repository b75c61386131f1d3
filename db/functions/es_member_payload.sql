-- The payload of the events member_joined, member_left and member_updated.
--
-- Callers: es_batch(), es_hand_on(), statements of shared/store.

CREATE OR REPLACE FUNCTION es_member_payload(p_user uuid, p_name text, p_role text)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
	SELECT jsonb_build_object('userId', p_user, 'displayName', p_name, 'role', p_role)
$$;

REVOKE EXECUTE ON FUNCTION es_member_payload FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_member_payload TO echostream_app, es_batch;
