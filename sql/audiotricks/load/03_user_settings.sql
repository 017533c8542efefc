-- step: user_settings
-- Four users in five have settings, and half of these an API key, which nothing
-- decrypts: one in ten under an older key.
INSERT INTO audiotricks.user_settings (
    user_id,
    openai_api_key_encrypted,
    preferred_language,
    summary_quality,
    settings_json,
    updated_at
)
SELECT
    md5('audiotricks user ' || n)::uuid,
    CASE
        WHEN n % 2 = 0
            THEN
                'v1.load-'
                || CASE WHEN n % 20 = 0 THEN '1' ELSE '2' END
                || '.'
                || md5('audiotricks key ' || n)
                || md5('audiotricks tag ' || n)
    END,
    (ARRAY['en', 'de', 'fr', 'pt-BR'])[1 + n % 4],
    (ARRAY['balanced', 'detailed', 'fast'])[1 + n % 3],
    jsonb_build_object(
        'theme', (ARRAY['dark', 'light'])[1 + n % 2],
        'autoSave', n % 3 > 0,
        'notifications', jsonb_build_object('email', n % 4 > 0, 'browser', n % 5 = 0)
    ),
    timestamptz '2025-12-01 00:00:00+00' + n * interval '1 second'
FROM generate_series(
    1, GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS n
WHERE n % 5 > 0
ON CONFLICT DO NOTHING;
