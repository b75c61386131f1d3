-- echostream:was a339425f42747cbf20503f494309d890cad5d9c05344a5f3cd4bbbddcaabb751
-- migrate:up

-- Created functions of the queue (es_partition_..., es_dead_letter, es_purge): db/functions.

-- migrate:down
