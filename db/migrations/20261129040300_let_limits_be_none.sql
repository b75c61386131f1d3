-- migrate:up

-- 0 lets nothing pass, and NULL is no limit: before, 0 messages a second was no limit, and
-- whoever set it to stop a tenant opened it. Programs of the last release read NULL as 0, which
-- is no limit to them; only a new channel of a tenant without a limit is refused by them.
ALTER TABLE tenants ALTER COLUMN max_channels DROP NOT NULL,
	ALTER COLUMN max_messages_per_second DROP NOT NULL;
-- The owner of the tables is under row-level security like everybody else.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
UPDATE tenants SET max_messages_per_second = NULL WHERE max_messages_per_second = 0;
UPDATE tenants SET settings = settings || '{"user_send_limit": null}'
WHERE settings -> 'user_send_limit' = '0';
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;

-- Both take -1 for no limit; NULL still is the default, and leaves a value as it is. The
-- functions differ by these places only, so the edits are written down and not the whole.
DO $do$
DECLARE
	edit record;
	was text;
BEGIN
	FOR edit IN SELECT * FROM (VALUES
	    ('es_tenant_create', 'COALESCE(p_max_channels, 1000)',
		'NULLIF(COALESCE(p_max_channels, 1000), -1)'),
	    ('es_tenant_create', 'COALESCE(p_max_messages_per_second, 1000)',
		'NULLIF(COALESCE(p_max_messages_per_second, 1000), -1)'),
	    ('es_tenant_patch', 'COALESCE(p_max_channels, t.max_channels)',
		'NULLIF(COALESCE(p_max_channels, t.max_channels), -1)'),
	    ('es_tenant_patch', 'COALESCE(p_max_messages_per_second, old.max_messages_per_second)',
		'NULLIF(COALESCE(p_max_messages_per_second, old.max_messages_per_second), -1)'),
	    ('es_tenant_patch', '(new_limit <> old.max_messages_per_second',
		'(new_limit IS DISTINCT FROM old.max_messages_per_second'),
	    ('es_tenant_patch', '	UPDATE tenants t SET name',
		'	-- Of a limit null is a value: no limit.
	IF (old.settings || COALESCE(p_settings, ''{}'')) -> ''user_send_limit'' = ''null'' THEN
		new_settings := new_settings || ''{"user_send_limit": null}'';
	END IF;
	UPDATE tenants t SET name')) AS t (name, old, new)
	LOOP
		was := pg_get_functiondef(edit.name::regproc);
		IF strpos(was, edit.old) = 0 THEN
			RAISE EXCEPTION '% has no %', edit.name, edit.old;
		END IF;
		EXECUTE format('DROP FUNCTION %I', edit.name);
		EXECUTE replace(was, edit.old, edit.new);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO echostream_app', edit.name);
		GRANT CREATE ON SCHEMA public TO es_operator;
		EXECUTE format('ALTER FUNCTION %I OWNER TO es_operator', edit.name);
		REVOKE CREATE ON SCHEMA public FROM es_operator;
	END LOOP;
END
$do$;

-- migrate:down

DO $do$
DECLARE
	edit record;
	was text;
BEGIN
	FOR edit IN SELECT * FROM (VALUES
	    ('es_tenant_patch', '	-- Of a limit null is a value: no limit.
	IF (old.settings || COALESCE(p_settings, ''{}'')) -> ''user_send_limit'' = ''null'' THEN
		new_settings := new_settings || ''{"user_send_limit": null}'';
	END IF;
	UPDATE tenants t SET name',
		'	UPDATE tenants t SET name'),
	    ('es_tenant_patch', '(new_limit IS DISTINCT FROM old.max_messages_per_second',
		'(new_limit <> old.max_messages_per_second'),
	    ('es_tenant_patch', 'NULLIF(COALESCE(p_max_messages_per_second, old.max_messages_per_second), -1)',
		'COALESCE(p_max_messages_per_second, old.max_messages_per_second)'),
	    ('es_tenant_patch', 'NULLIF(COALESCE(p_max_channels, t.max_channels), -1)',
		'COALESCE(p_max_channels, t.max_channels)'),
	    ('es_tenant_create', 'NULLIF(COALESCE(p_max_messages_per_second, 1000), -1)',
		'COALESCE(p_max_messages_per_second, 1000)'),
	    ('es_tenant_create', 'NULLIF(COALESCE(p_max_channels, 1000), -1)',
		'COALESCE(p_max_channels, 1000)')) AS t (name, old, new)
	LOOP
		was := pg_get_functiondef(edit.name::regproc);
		IF strpos(was, edit.old) = 0 THEN
			RAISE EXCEPTION '% has no %', edit.name, edit.old;
		END IF;
		EXECUTE format('DROP FUNCTION %I', edit.name);
		EXECUTE replace(was, edit.old, edit.new);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO echostream_app', edit.name);
		GRANT CREATE ON SCHEMA public TO es_operator;
		EXECUTE format('ALTER FUNCTION %I OWNER TO es_operator', edit.name);
		REVOKE CREATE ON SCHEMA public FROM es_operator;
	END LOOP;
END
$do$;
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
-- The programs before read 0 as no limit. A tenant that is stopped gets the least limit that
-- they know, or the rollback would open it.
UPDATE tenants SET max_messages_per_second = 1 WHERE max_messages_per_second = 0;
UPDATE tenants SET settings = settings || '{"user_send_limit": 1}'
WHERE settings -> 'user_send_limit' = '0';
UPDATE tenants SET max_messages_per_second = 0 WHERE max_messages_per_second IS NULL;
UPDATE tenants SET max_channels = 2147483647 WHERE max_channels IS NULL;
UPDATE tenants SET settings = jsonb_strip_nulls(settings) || '{"user_send_limit": 0}'
WHERE settings -> 'user_send_limit' = 'null';
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants ALTER COLUMN max_channels SET NOT NULL,
	ALTER COLUMN max_messages_per_second SET NOT NULL;
