-- echostream:was 14c30071ef1fd1de5019e24a34a5551890681325825fc978228b505628127a12
-- echostream:functions 9206a9ae992a7e8ebb176bd529eeb1e67cc58720db250a709d388b6e514a2c23
-- migrate:up

-- From here on the texts of functions are in db/functions, and echostreamctl db migrate loads
-- them after the migrations. Migrations before this one have lost their texts of functions. A
-- database that stopped between them still has functions of that time. The load replaces a
-- function with the same parameters; these two have had others.
DROP FUNCTION IF EXISTS es_batch(integer, bigint, text, uuid[], uuid[], uuid[], bytea[],
	bytea[], text[], text[]);
DROP FUNCTION IF EXISTS es_api_key(bytea);

-- migrate:down
