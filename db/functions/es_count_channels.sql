-- Triggers count_archived and count_deleted: keep tenants.channel_count, the number of
-- channels that are not archived, when a channel is archived, restored or deleted. The
-- statement that creates a channel counts it itself, because it checks the quota at the
-- same time.
--
-- Order of locks: the channel's head, the tenant's row, the channel's row.

CREATE OR REPLACE FUNCTION es_count_channels() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	-- A count that is too low must not prevent the deletion of a channel.
	UPDATE tenants SET channel_count = GREATEST(0, channel_count +
	    CASE WHEN TG_OP = 'UPDATE' AND NEW.archived_at IS NULL THEN 1 ELSE -1 END)
	WHERE id = OLD.tenant_id;
	RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION es_count_channels FROM PUBLIC;
