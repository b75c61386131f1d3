-- echostream:functions 3e35c9f3b84727ba3dea671e939448db5ef0d1e498ce237c0dec966ec76b53c0
-- migrate:up

-- From here on the texts of functions are in db/functions, and echostreamctl db migrate loads
-- them after the migrations. Migrations before this one have lost their texts of functions. A
-- database that stopped between them still has functions of that time. The load replaces a
-- function with the same parameters; these two have had others.
DROP FUNCTION IF EXISTS es_batch(integer, bigint, text, uuid[], uuid[], uuid[], bytea[],
	bytea[], text[], text[]);
DROP FUNCTION IF EXISTS es_api_key(bytea);

-- migrate:down
