-- echostream:was 1be214fba596cacdfee028da2b1d58b0af709922b733530e6e696f1748aac61e
-- migrate:up

-- Changed es_tenant_patch (db/functions): acl_version rises only when the message limit or the
-- settings change, which workers keep. Each rise makes all workers look up all connections of
-- the tenant again.

-- migrate:down
