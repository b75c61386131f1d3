-- echostream:was 8997d09d305eafc4682d3dd6701f74128744a5c9b12fc3359d19d571c639b048
-- migrate:up

CREATE TABLE tenants (
	id uuid PRIMARY KEY,
	name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
	created_at timestamptz NOT NULL DEFAULT now(),
	max_channels integer NOT NULL DEFAULT 1000 CHECK (max_channels >= 0),
	max_messages_per_second integer NOT NULL DEFAULT 1000
	    CHECK (max_messages_per_second >= 0),
	channel_count integer NOT NULL DEFAULT 0 CHECK (channel_count >= 0),
	acl_version bigint NOT NULL DEFAULT 1,
	status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
	settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object')
);

CREATE TABLE users (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	id uuid NOT NULL,
	email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 320),
	display_name text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 200),
	role text NOT NULL DEFAULT 'member'
	    CHECK (role IN ('owner', 'admin', 'member', 'guest', 'bot')),
	status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deactivated')),
	-- Programs refuse tokens issued before this time.
	tokens_valid_after timestamptz NOT NULL DEFAULT '-infinity',
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX users_email_key ON users (tenant_id, lower(email));

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- current_setting() fails when app.tenant is not set. The cast fails for the empty string, which
-- a SET LOCAL leaves behind. So a statement without a tenant is an error and not an empty
-- result.
CREATE POLICY own_tenant ON tenants TO echostream_app, echostream_owner
	USING (id = current_setting('app.tenant')::uuid)
	WITH CHECK (id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON users TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

GRANT SELECT, UPDATE (channel_count, acl_version) ON tenants TO echostream_app;
GRANT SELECT, INSERT, UPDATE (email, display_name, role, status, tokens_valid_after)
	ON users TO echostream_app;

-- migrate:down

DROP TABLE users;
DROP TABLE tenants;
