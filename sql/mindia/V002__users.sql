-- The people of the tenants.
-- Depends on tenants, user_role and set_updated_at().

-- Mends: the reference schema made no email unique at all. Here one has one account in
-- a tenant, whatever its case, and may have one in several. Every key begins with the
-- tenant, as the tables are split by it on more than one machine. email_lower is a
-- column and no expression in an index: lower() is not LEAKPROOF, so that under a
-- policy lower(email) = … would be asked of every account of the tenant. It comes first
-- in its key, which so also tells where somebody has accounts, to a login that does not
-- know the tenant yet.
CREATE TABLE mindia.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid NOT NULL,
    email varchar(255) NOT NULL,
    password_hash varchar(255) NOT NULL,
    role mindia.user_role DEFAULT 'member' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    last_login_at timestamptz,
    email_lower text GENERATED ALWAYS AS (lower(email)) STORED NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES mindia.tenants (id),
    CONSTRAINT users_email_lower_tenant_id_key UNIQUE (email_lower, tenant_id)
);

CREATE INDEX users_tenant_id_created_at_idx
    ON mindia.users (tenant_id, created_at DESC, id DESC);

-- A login is no news about the person: last_login_at does not move updated_at.
CREATE TRIGGER users_set_updated_at
    BEFORE UPDATE ON mindia.users
    FOR EACH ROW
    WHEN (
        (
            OLD.email,
            OLD.password_hash,
            OLD.role,
            OLD.is_active
        ) IS DISTINCT FROM (
            NEW.email,
            NEW.password_hash,
            NEW.role,
            NEW.is_active
        )
    )
    EXECUTE FUNCTION mindia.set_updated_at();

COMMENT ON TABLE mindia.users IS
    'People with an account in a tenant.';
COMMENT ON COLUMN mindia.users.email IS
    'Unique within the tenant, whatever its case.';
COMMENT ON COLUMN mindia.users.password_hash IS
    'Salted hash made by the application.';
COMMENT ON COLUMN mindia.users.role IS
    'What the account may do: admin, member or viewer.';
COMMENT ON COLUMN mindia.users.is_active IS
    'False once the account is closed; it then cannot log in.';
COMMENT ON COLUMN mindia.users.updated_at IS
    'Time of the last change, kept by a trigger; logins do not count.';
COMMENT ON COLUMN mindia.users.last_login_at IS
    'Time of the last login; NULL before the first.';
COMMENT ON COLUMN mindia.users.email_lower IS
    'The email in lower case, generated: what is unique, and searched by.';
