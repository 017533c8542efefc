-- 50 users for test_tenants_under_fire.py, with rows in every table. Every text names its user.
INSERT INTO audiotricks.users (id, email, username, password_hash)
SELECT id, 'a@' || id, id, '$2b$12$' || repeat('a', 53)
FROM generate_series(1, 50) AS n
CROSS JOIN LATERAL (
    SELECT ('0e4a0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid AS id
) AS made;

INSERT INTO audiotricks.sessions (id, user_id, token_hash, expires_at, created_at)
SELECT
    md5(id || ' session ' || days)::uuid, id, encode(sha256((id || ' ' || days)::bytea), 'hex'),
    now() + days * interval '1 day',
    now() - interval '2 days'
FROM audiotricks.users CROSS JOIN (VALUES (-1), (1)) AS given (days);

INSERT INTO audiotricks.user_settings (user_id, settings_json)
SELECT id, jsonb_build_object('of', id) FROM audiotricks.users;

INSERT INTO audiotricks.audio_history (id, user_id, title, transcript, created_at)
SELECT
    md5(id || ' entry ' || number)::uuid, id, 'A lecture of ' || id, 'A glacier moves.',
    date_trunc('month', now(), 'UTC')
FROM audiotricks.users CROSS JOIN generate_series(1, 3) AS number;

ANALYZE;
