-- step: jobs, repeat 10
-- Five completed jobs a scene, an hour apart, and for one scene in ten a sixth that
-- failed or was cancelled. None is queued, so that nobody claims one. Each part takes
-- every tenth idea's scenes.
INSERT INTO storyverse.jobs (
    id,
    scene_id,
    user_id,
    status,
    stage,
    progress,
    input_text,
    bible_version,
    context_data,
    result_data,
    error_code,
    retry_count,
    created_at,
    started_at,
    completed_at,
    run_at,
    lease,
    claimed_by
)
SELECT
    md5('storyverse job ' || n || ' ' || s || ' ' || k)::uuid,
    md5('storyverse scene ' || n || ' ' || s)::uuid,
    md5('storyverse user ' || 1 + (n * 31 + k % 3) % ideas.count)::uuid,
    outcome.status,
    CASE outcome.status
        WHEN 'final_ready' THEN 'completed'
        WHEN 'failed' THEN 'error'
        ELSE 'pending'
    END,
    CASE WHEN k < 6 THEN 100 ELSE 0 END,
    'And then, ' || k || ': ' || repeat('something happens. ', 1 + (k % 3)::integer),
    k,
    jsonb_build_object('recent', k - 1),
    CASE WHEN k < 6 THEN jsonb_build_object('cost', k) END,
    CASE WHEN outcome.status = 'failed' THEN 'video_timeout' END,
    CASE WHEN outcome.status = 'failed' THEN 4 ELSE 0 END,
    asked.at,
    CASE WHEN outcome.status <> 'cancelled' THEN asked.at + interval '2 seconds' END,
    asked.at + interval '90 seconds',
    asked.at,
    CASE WHEN outcome.status = 'cancelled' THEN 0 ELSE 1 END,
    CASE WHEN outcome.status <> 'cancelled' THEN 'load worker ' || n % 8 END
FROM (
    SELECT GREATEST(1, (1000 * current_setting('pgrepo.scale')::numeric)::bigint)
) AS ideas (count)
CROSS JOIN generate_series(
    current_setting('pgrepo.part')::bigint,
    ideas.count,
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 2) AS s
CROSS JOIN LATERAL generate_series(1, CASE WHEN (n / 10 + s) % 10 = 7 THEN 6 ELSE 5 END)
    AS k
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN k < 6 THEN 'final_ready'
            WHEN n % 2 = 0 THEN 'failed'
            ELSE 'cancelled'
        END AS status
) AS outcome
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2026-01-01 00:00:00+00'
        - n * interval '15 minutes'
        + s * interval '5 minutes'
        + k * interval '1 hour' AS at
) AS asked
ON CONFLICT DO NOTHING;
