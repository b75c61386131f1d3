-- echostream:was 95fb30e1b4e7e20e5d7b6427c49df3d613d2ca211cad4bfebc402211355ed03f
-- migrate:up

GRANT SELECT (id, created_at), DELETE ON dead_letters TO es_batch;
GRANT DELETE ON dead_letters TO es_operator;

-- migrate:down

REVOKE DELETE ON dead_letters FROM es_operator;
REVOKE SELECT (id, created_at), DELETE ON dead_letters FROM es_batch;
