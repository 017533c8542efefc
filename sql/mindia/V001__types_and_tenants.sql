-- The schema, every enumerated type of it, its shared updated_at trigger function, and
-- the tenants.
-- Depends on nothing.

CREATE SCHEMA IF NOT EXISTS mindia;

-- Mends: the reference schema made each type after the table that uses it. A worker
-- that has a delivery in hand says so (delivering), and a task can be called off
-- (cancelled).
CREATE TYPE mindia.tenant_status AS ENUM ('active', 'suspended', 'deleted');

CREATE TYPE mindia.user_role AS ENUM ('admin', 'member', 'viewer');

CREATE TYPE mindia.processing_status AS ENUM (
    'pending',
    'processing',
    'completed',
    'failed'
);

CREATE TYPE mindia.entity_type AS ENUM ('image', 'video', 'audio', 'document');

CREATE TYPE mindia.delivery_status AS ENUM (
    'pending',
    'delivering',
    'delivered',
    'failed'
);

CREATE TYPE mindia.task_type AS ENUM ('video_transcode', 'generate_embedding');

CREATE TYPE mindia.task_status AS ENUM (
    'pending',
    'running',
    'completed',
    'failed',
    'cancelled'
);

-- The one table that is not split by tenant: on Citus it is a reference table, which
-- every other one may refer to.
CREATE TABLE mindia.tenants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name varchar(255) NOT NULL,
    s3_bucket varchar(255) NOT NULL,
    s3_region varchar(50) NOT NULL,
    status mindia.tenant_status DEFAULT 'active' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_s3_bucket_key UNIQUE (s3_bucket)
);

CREATE INDEX tenants_created_at_idx
    ON mindia.tenants (created_at DESC, id DESC);

CREATE INDEX tenants_status_created_at_idx
    ON mindia.tenants (status, created_at DESC, id DESC);

CREATE FUNCTION mindia.set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

CREATE FUNCTION mindia.keep_tenant_deleted()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = format('tenant %s is deleted and cannot be %s', OLD.id, NEW.status),
        HINT = 'Part of what it had may be purged already; create a tenant instead.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME,
        COLUMN = 'status',
        CONSTRAINT = 'tenants_status_step';
END;
$$;

CREATE TRIGGER tenants_set_updated_at
    BEFORE UPDATE ON mindia.tenants
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION mindia.set_updated_at();

-- Not a CHECK: it depends on the status before.
CREATE TRIGGER tenants_keep_deleted
    BEFORE UPDATE OF status ON mindia.tenants
    FOR EACH ROW
    WHEN (OLD.status = 'deleted' AND NEW.status IS DISTINCT FROM OLD.status)
    EXECUTE FUNCTION mindia.keep_tenant_deleted();

COMMENT ON SCHEMA mindia IS
    'Media of many tenants, searched by meaning.';
COMMENT ON TYPE mindia.tenant_status IS
    'active; suspended, which can be read and not written; or deleted, to be purged.';
COMMENT ON TYPE mindia.user_role IS
    'What a user may do within the tenant.';
COMMENT ON TYPE mindia.processing_status IS
    'How far the processing of a video is.';
COMMENT ON TYPE mindia.entity_type IS
    'The kinds of media, a table each.';
COMMENT ON TYPE mindia.delivery_status IS
    'pending until claimed, delivering until delivered or given up (failed).';
COMMENT ON TYPE mindia.task_type IS
    'What a task does.';
COMMENT ON TYPE mindia.task_status IS
    'pending until claimed, running until completed or failed; or cancelled before.';
COMMENT ON TABLE mindia.tenants IS
    'Organizations that keep media here.';
COMMENT ON COLUMN mindia.tenants.s3_bucket IS
    'The bucket that holds all files of the tenant, and of no other.';
COMMENT ON COLUMN mindia.tenants.status IS
    'Whether the tenant may be written to; deleted is final.';
COMMENT ON COLUMN mindia.tenants.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON FUNCTION mindia.set_updated_at() IS
    'Sets updated_at to the time of the transaction that changes the row.';
COMMENT ON FUNCTION mindia.keep_tenant_deleted() IS
    'Refuses to bring a deleted tenant back, as a violation of tenants_status_step.';
