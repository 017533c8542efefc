-- Notes of tenants, for the tests of scopes.

-- name: add_note(body)<!
INSERT INTO tenancy.notes (tenant_id, body)
VALUES (current_setting('tenancy.tenant_id')::uuid, :body)
RETURNING id, tenant_id, body;

-- name: add_note_of(tenant_id, body)!
INSERT INTO tenancy.notes (tenant_id, body) VALUES (:tenant_id, :body);

-- name: add_notes(tenant_id, body)*!
INSERT INTO tenancy.notes (tenant_id, body) VALUES (:tenant_id, :body);

-- name: notes(limit)
SELECT id, tenant_id, body FROM tenancy.notes ORDER BY id LIMIT :limit;

-- name: any_note()^
-- Returns all of them, against what its operator promises.
SELECT id, tenant_id, body FROM tenancy.notes;

-- name: touch_notes()!
UPDATE tenancy.notes SET body = body || '.';

-- name: who()^
SELECT
    current_user::text AS role,
    coalesce(current_setting('tenancy.tenant_id', true), '') AS tenant,
    coalesce(current_setting('tenancy.label', true), '') AS label,
    current_setting('transaction_isolation') AS isolation;

-- name: inverse(number)$
SELECT 1 / :number;

-- name: sleep(seconds)!
SELECT pg_sleep(:seconds);

-- name: backend()$
SELECT pg_backend_pid();

-- name: kill_backend()$
SELECT tenancy.die();
