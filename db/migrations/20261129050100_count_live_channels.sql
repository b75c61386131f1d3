-- echostream:was 6a6da95c16f5a34f217d0d7baff905f3b5c096cbb4055fc6edecf087c6d330fd
-- migrate:up

-- tenants.channel_count is the number of channels that are not archived. Triggers change it when
-- a program archives, restores or deletes a channel, so that older programs do it, too. The
-- statement that creates a channel counts it itself, as before.
-- Order of locks: the channel's head, the tenant's row, the channel's row.
CREATE FUNCTION es_count_channels() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	-- A count that is too low must not prevent the deletion of a channel.
	UPDATE tenants SET channel_count = GREATEST(0, channel_count +
	    CASE WHEN TG_OP = 'UPDATE' AND NEW.archived_at IS NULL THEN 1 ELSE -1 END)
	WHERE id = OLD.tenant_id;
	RETURN NULL;
END
$$;

-- Row-level security applies to the owner of the tables, too.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channels NO FORCE ROW LEVEL SECURITY;
UPDATE tenants t SET channel_count = c.live
FROM (SELECT tenant_id, count(*) FILTER (WHERE archived_at IS NULL) AS live
	FROM channels GROUP BY tenant_id) c
WHERE c.tenant_id = t.id AND t.channel_count <> c.live;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE channels FORCE ROW LEVEL SECURITY;

CREATE TRIGGER count_archived AFTER UPDATE OF archived_at ON channels FOR EACH ROW
	WHEN ((OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL))
	EXECUTE FUNCTION es_count_channels();
CREATE TRIGGER count_deleted AFTER DELETE ON channels FOR EACH ROW
	WHEN (OLD.archived_at IS NULL)
	EXECUTE FUNCTION es_count_channels();

-- migrate:down

DROP TRIGGER count_deleted ON channels;
DROP TRIGGER count_archived ON channels;
DROP FUNCTION es_count_channels;
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channels NO FORCE ROW LEVEL SECURITY;
UPDATE tenants t SET channel_count = c.n
FROM (SELECT tenant_id, count(*) AS n FROM channels GROUP BY tenant_id) c
WHERE c.tenant_id = t.id AND t.channel_count <> c.n;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE channels FORCE ROW LEVEL SECURITY;
