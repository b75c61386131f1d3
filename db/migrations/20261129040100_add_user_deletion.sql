-- echostream:was 2318ef87fc639096a5f0ab9cf7593b4ccb98734ee6cd1202e0e03faf0e2735ec
-- migrate:up

-- A deleted user is a deactivated user without name and address. Messages keep their sender,
-- and programs that do not know the column refuse the user's tokens.
ALTER TABLE users ADD COLUMN deleted_at timestamptz
	CHECK (deleted_at IS NULL OR status = 'deactivated');
GRANT UPDATE (deleted_at) ON users TO echostream_app;

-- migrate:down

-- Names and addresses of deleted users are lost.
ALTER TABLE users DROP COLUMN deleted_at;
