-- The last number of each channel and its archived flag, one row for each element, in order.
-- Both are NULL for a channel that does not exist. The head of the feed of a user or of the
-- tenant is 0 before the first event. Crosses tenants.
--
-- Caller: push-server, through shared/store/reader_store.c, when it looks for holes.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_heads(p_tenant uuid[], p_channel uuid[])
RETURNS TABLE (ord integer, last_seq bigint, archived boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT u.ord::integer, COALESCE(h.last_seq, f.last_seq), COALESCE(h.archived, f.archived)
	FROM unnest(p_tenant, p_channel) WITH ORDINALITY AS u (tenant_id, channel_id, ord)
	LEFT JOIN channel_heads h USING (tenant_id, channel_id)
	LEFT JOIN LATERAL (SELECT 0::bigint AS last_seq, false AS archived
	    WHERE h.last_seq IS NULL AND (u.channel_id = u.tenant_id
		OR EXISTS (SELECT FROM users p WHERE p.tenant_id = u.tenant_id
		    AND p.id = u.channel_id))) f ON true
	ORDER BY u.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_heads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_heads TO echostream_app;
RESET ROLE;
