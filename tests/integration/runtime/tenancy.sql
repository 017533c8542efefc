-- What the tests of scopes work on: rows that belong to tenants, and two roles that own nothing.

CREATE ROLE pgrepo_test_app NOLOGIN;
CREATE ROLE pgrepo_test_login LOGIN NOINHERIT PASSWORD 'tenancy';
GRANT pgrepo_test_app TO pgrepo_test_login;

CREATE SCHEMA tenancy;

CREATE TABLE tenancy.notes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT notes_pkey PRIMARY KEY,
    tenant_id uuid NOT NULL,
    body text NOT NULL CONSTRAINT notes_body_check CHECK (body <> 'forbidden')
);

ALTER TABLE tenancy.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy.notes FORCE ROW LEVEL SECURITY;

-- An unset setting is NULL, or empty once it was set in the session: no rows in either case.
CREATE POLICY notes_tenant ON tenancy.notes
    USING (tenant_id = nullif(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = nullif(current_setting('tenancy.tenant_id', true), '')::uuid);

GRANT USAGE ON SCHEMA tenancy TO pgrepo_test_app, pgrepo_test_login;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenancy.notes TO pgrepo_test_app, pgrepo_test_login;

-- The roles may not end a connection of one another.
CREATE FUNCTION tenancy.die() RETURNS boolean
LANGUAGE sql
SECURITY DEFINER
AS 'SELECT pg_terminate_backend(pg_backend_pid(), 5000)';
