-- echostream:was 3ab5ad63c68cf01ef72f32727bff10624e3efae3adf59769763286759d9bd496
-- migrate:up

-- For es_authenticate_many and es_rights: few statements look up the many clients that reconnect
-- at once, whichever tenants they belong to.
GRANT SELECT (tenant_id, id, is_private) ON channels TO es_lookup;
GRANT SELECT (tenant_id, channel_id, user_id) ON channel_members TO es_lookup;
CREATE POLICY lookup_reads ON channels FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON channel_members FOR SELECT TO es_lookup USING (true);

-- migrate:down

DROP POLICY lookup_reads ON channels;
DROP POLICY lookup_reads ON channel_members;
REVOKE ALL ON channels, channel_members FROM es_lookup;
