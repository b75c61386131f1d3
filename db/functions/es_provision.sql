-- Returns the user with an external id, and creates the user when it does not exist.
-- When several calls for one id run together, one of them creates the user. For the id of
-- a deleted user it returns the deleted user. When the address is missing, or another
-- user has it, the new user gets an address that can't exist: a token never takes over a
-- user by its e-mail address. Runs as the caller, under app.tenant.
--
-- Caller: shared/store/issuer_store.c, for an issuer's key that may provision.

CREATE OR REPLACE FUNCTION es_provision(p_id uuid, p_external text, p_name text,
    p_email text)
RETURNS TABLE (user_id uuid, role text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	t uuid := current_setting('app.tenant')::uuid;
BEGIN
	PERFORM es_external_lock(t, p_external);
	-- Statements from here on see a deletion that held the lock.
	RETURN QUERY SELECT u.id, u.role FROM deleted_external_ids d
	JOIN users u ON u.tenant_id = t AND u.id = d.user_id
	WHERE d.tenant_id = t AND d.id_hash = es_external_hash(t, p_external)
	AND NOT EXISTS (SELECT FROM users o WHERE o.tenant_id = t AND o.external_id = p_external);
	IF FOUND THEN
		RETURN;
	END IF;
	BEGIN
		INSERT INTO users (tenant_id, id, email, display_name, role, external_id)
		VALUES (t, p_id, COALESCE(p_email, p_id || '@users.invalid'), p_name, 'member',
		    p_external)
		ON CONFLICT (tenant_id, external_id) DO NOTHING;
	EXCEPTION WHEN unique_violation THEN
		INSERT INTO users (tenant_id, id, email, display_name, role, external_id)
		VALUES (t, p_id, p_id || '@users.invalid', p_name, 'member', p_external)
		ON CONFLICT (tenant_id, external_id) DO NOTHING;
	END;
	-- FOUND: this call has created the user. No program publishes the event; push-server
	-- finds it when it compares heads, within 30 s.
	IF FOUND THEN
		PERFORM FROM es_feed_event(t, t, 'user_joined', p_id, jsonb_build_object(
		    'userId', p_id, 'displayName', p_name, 'role', 'member', 'status', 'active'));
	END IF;
	RETURN QUERY SELECT u.id, u.role FROM users u
	WHERE u.tenant_id = t AND u.external_id = p_external;
END
$$;

REVOKE EXECUTE ON FUNCTION es_provision FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_provision TO echostream_app;
