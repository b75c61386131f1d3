-- migrate:up

-- A deleted user is a deactivated one without a name and an address: messages keep their
-- sender, and programs that do not know the column go on refusing its tokens.
ALTER TABLE users ADD COLUMN deleted_at timestamptz
	CHECK (deleted_at IS NULL OR status = 'deactivated');
GRANT UPDATE (deleted_at) ON users TO echostream_app;

-- migrate:down

-- Names and addresses do not come back.
ALTER TABLE users DROP COLUMN deleted_at;
