-- step: topics
-- Ten topics with five categories each, at any scale: it is their ideas and scenes that
-- grow.
WITH topics AS (
    INSERT INTO storyverse.topics (
        id,
        name,
        slug,
        display_order,
        created_at,
        updated_at
    )
    SELECT
        md5('storyverse topic ' || t)::uuid,
        'Load Topic ' || t,
        'load-topic-' || t,
        t * 10,
        timestamptz '2022-01-01 00:00:00+00',
        timestamptz '2022-01-01 00:00:00+00'
    FROM generate_series(0, 9) AS t
    ON CONFLICT DO NOTHING
)
INSERT INTO storyverse.categories (
    id,
    topic_id,
    name,
    slug,
    display_order,
    created_at
)
SELECT
    md5('storyverse category ' || t || ' ' || c)::uuid,
    md5('storyverse topic ' || t)::uuid,
    'Load Category ' || c,
    'load-category-' || c,
    c * 10,
    timestamptz '2022-01-01 00:00:00+00'
FROM generate_series(0, 9) AS t
CROSS JOIN generate_series(0, 4) AS c
ON CONFLICT DO NOTHING;
