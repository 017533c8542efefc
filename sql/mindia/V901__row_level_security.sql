-- Who may see and write what: row-level security, and what the roles may do.
-- Depends on every table.

-- Roles belong to the whole cluster: another database with this schema may have made
-- them. They can log in, though without a password nobody can as them, because Citus
-- wants that of a role that a session sets on its workers.
DO $$
DECLARE
    wanted text;
    powerful boolean;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['mindia_app', 'mindia_operator'] LOOP
        SELECT known.rolsuper OR known.rolbypassrls
        INTO powerful
        FROM pg_catalog.pg_roles AS known
        WHERE known.rolname = wanted;
        IF powerful THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_role_specification',
                MESSAGE = format(
                    'the role %I is above row-level security', wanted
                ),
                HINT = format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS;', wanted);
        END IF;
        IF powerful IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    -- Another database was quicker.
                    NULL;
            END;
        END IF;
    END LOOP;
END;
$$;

-- Asked once a statement, and refused with an error: a policy could only have left out
-- the rows of an UPDATE, and would need a sub-query, which Citus does not take. The
-- tenant is the one of the scope, because no scope writes rows of another. Nothing is
-- locked: what began before a tenant was suspended may still commit after that.
CREATE FUNCTION mindia.refuse_writes_unless_active()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    scope CONSTANT uuid := NULLIF(current_setting('mindia.tenant_id', true), '')::uuid;
    found_status mindia.tenant_status;
BEGIN
    IF scope IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT tenant.status
    INTO found_status
    FROM mindia.tenants AS tenant
    WHERE tenant.id = scope;
    IF found_status <> 'active' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'tenant %s is %s: it can be read and not written', scope, found_status
            ),
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            CONSTRAINT = 'tenants_active';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER users_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.users
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER images_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.images
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER videos_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.videos
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER audios_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.audios
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER documents_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.documents
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER embeddings_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.embeddings
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER request_logs_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.request_logs
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER webhooks_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.webhooks
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER webhook_events_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.webhook_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

CREATE TRIGGER tasks_refuse_writes_unless_active
    BEFORE INSERT OR UPDATE OR DELETE ON mindia.tasks
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.refuse_writes_unless_active();

-- FORCE: the owner of the tables belongs to no tenant either. What a policy lets
-- somebody see is also what it lets them write; without a tenant the setting is NULL or
-- empty, no row equals that, and none may be written. No sub-query: on Citus the
-- policies are those of the shards.
ALTER TABLE mindia.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.users FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.images ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.images FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.videos ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.videos FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.audios ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.audios FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.documents FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.embeddings ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.embeddings FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.request_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.request_logs FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.webhooks FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.webhook_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.webhook_events FORCE ROW LEVEL SECURITY;
ALTER TABLE mindia.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE mindia.tasks FORCE ROW LEVEL SECURITY;

CREATE POLICY tenants_in_scope ON mindia.tenants
    USING (id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY users_in_scope ON mindia.users
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY images_in_scope ON mindia.images
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY videos_in_scope ON mindia.videos
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY audios_in_scope ON mindia.audios
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY documents_in_scope ON mindia.documents
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY embeddings_in_scope ON mindia.embeddings
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY request_logs_in_scope ON mindia.request_logs
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY webhooks_in_scope ON mindia.webhooks
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY webhook_events_in_scope ON mindia.webhook_events
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

CREATE POLICY tasks_in_scope ON mindia.tasks
    USING (tenant_id = NULLIF(current_setting('mindia.tenant_id', true), '')::uuid);

-- Whoever works for all tenants: suspends and purges them, runs their tasks.
CREATE POLICY tenants_for_operator ON mindia.tenants
    TO mindia_operator
    USING (true);

CREATE POLICY users_for_operator ON mindia.users
    TO mindia_operator
    USING (true);

CREATE POLICY images_for_operator ON mindia.images
    TO mindia_operator
    USING (true);

CREATE POLICY videos_for_operator ON mindia.videos
    TO mindia_operator
    USING (true);

CREATE POLICY audios_for_operator ON mindia.audios
    TO mindia_operator
    USING (true);

CREATE POLICY documents_for_operator ON mindia.documents
    TO mindia_operator
    USING (true);

CREATE POLICY embeddings_for_operator ON mindia.embeddings
    TO mindia_operator
    USING (true);

CREATE POLICY request_logs_for_operator ON mindia.request_logs
    TO mindia_operator
    USING (true);

CREATE POLICY webhooks_for_operator ON mindia.webhooks
    TO mindia_operator
    USING (true);

CREATE POLICY webhook_events_for_operator ON mindia.webhook_events
    TO mindia_operator
    USING (true);

CREATE POLICY tasks_for_operator ON mindia.tasks
    TO mindia_operator
    USING (true);

-- Nothing is granted on partitions: rights on a table reach its partitions through it
-- alone, and with it its policies. TRUNCATE and REFERENCES look past policies.
GRANT USAGE ON SCHEMA mindia TO mindia_app, mindia_operator;

GRANT SELECT ON mindia.tenants TO mindia_app;

-- What was asked is added to and looked at, and taken away by an operator.
GRANT SELECT, INSERT ON mindia.request_logs TO mindia_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    mindia.users,
    mindia.images,
    mindia.videos,
    mindia.audios,
    mindia.documents,
    mindia.embeddings,
    mindia.webhooks,
    mindia.webhook_events,
    mindia.tasks
    TO mindia_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    mindia.tenants,
    mindia.users,
    mindia.images,
    mindia.videos,
    mindia.audios,
    mindia.documents,
    mindia.embeddings,
    mindia.request_logs,
    mindia.webhooks,
    mindia.webhook_events,
    mindia.tasks
    TO mindia_operator;

COMMENT ON FUNCTION mindia.refuse_writes_unless_active() IS
    'Refuses every write in the scope of a tenant that is suspended or deleted, by an '
    'error that names tenants_active as the constraint.';
