-- step: study materials, repeat 5
-- 100 materials a user, one a day, each on one of twelve subjects; each part takes
-- every 5th user. The words of a text are its subject's. Its embedding is the
-- direction of the subject and two smaller ones, so that materials lie in clusters, as
-- real ones do; one in 25 has none yet.
INSERT INTO littlemonster.study_materials (
    id,
    user_id,
    kind,
    title,
    content,
    embedding,
    embedding_model,
    embedded_at,
    created_at,
    updated_at
)
WITH subjects AS MATERIALIZED (
    SELECT
        subject.number,
        subject.name,
        string_to_array(subject.words, ' ') AS words
    FROM (
        VALUES
            (1, 'Cells', 'cell membrane nucleus protein enzyme energy division gene'),
            (2, 'Plants', 'leaf photosynthesis light sugar root water seed stem'),
            (3, 'Evolution', 'species selection mutation fossil trait niche drift age'),
            (4, 'Atoms', 'electron proton neutron orbital bond isotope charge ion'),
            (5, 'Reactions', 'acid base catalyst equilibrium oxidation salt heat flow'),
            (6, 'Motion', 'force mass velocity friction momentum gravity work path'),
            (7, 'Waves', 'frequency amplitude sound light lens energy medium beat'),
            (8, 'Algebra', 'equation variable matrix vector root ring group field'),
            (9, 'Calculus', 'derivative integral limit series function slope area sum'),
            (10, 'Antiquity', 'empire senate trade temple war citizen law harbour'),
            (11, 'Industry', 'steam factory railway wage coal union city patent'),
            (12, 'Poetry', 'metre rhyme metaphor sonnet voice image stanza rhythm')
    ) AS subject (number, name, words)
),

directions AS MATERIALIZED (
    SELECT
        number,
        (
            SELECT
                array_agg(
                    (
                        ('x' || left(md5(number || ' ' || axis), 7))::bit(28)::integer
                        / 134217728.0 - 1
                    ) / CASE WHEN number <= 12 THEN 1 ELSE 2 END
                    ORDER BY axis
                )
            FROM generate_series(1, 768) AS axis
        )::real[]::vector(768) AS vector
    FROM generate_series(1, 101) AS number
)

SELECT
    md5('littlemonster material ' || n || ' ' || m)::uuid,
    md5('littlemonster user ' || n)::uuid,
    (ARRAY['note', 'document', 'transcript', 'summary', 'flashcard'])[1 + m % 5],
    subject.name || ', part ' || m,
    written.content,
    CASE WHEN (n + m) % 25 > 0 THEN embedded.vector END,
    CASE WHEN (n + m) % 25 > 0 THEN 'load-768' END,
    CASE WHEN (n + m) % 25 > 0 THEN made.at + interval '1 minute' END,
    made.at,
    made.at
FROM generate_series(
    current_setting('pgrepo.part')::bigint,
    GREATEST(1, (100 * current_setting('pgrepo.scale')::numeric)::bigint),
    current_setting('pgrepo.parts')::bigint
) AS n
CROSS JOIN generate_series(1, 100) AS m
INNER JOIN subjects AS subject ON subject.number = 1 + (n * 5 + m) % 12
INNER JOIN directions AS own ON own.number = subject.number
INNER JOIN directions AS near ON near.number = 13 + (n * 31 + m * 7) % 45
INNER JOIN directions AS far ON far.number = 58 + (n * 17 + m * 11) % 44
CROSS JOIN LATERAL (
    SELECT own.vector + near.vector + far.vector AS vector
) AS embedded
CROSS JOIN LATERAL (
    SELECT
        string_agg(
            subject.words[1 + (m + picked.number % 5) % 8]
            || CASE WHEN w % 9 = 0 THEN '.' ELSE '' END,
            ' '
            ORDER BY w
        ) AS content
    FROM generate_series(1, 60 + (n + m) % 40) AS w
    CROSS JOIN LATERAL (
        SELECT ('x' || left(md5(n * m || ' ' || w), 4))::bit(16)::integer AS number
    ) AS picked
) AS written
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2026-01-01 00:00:00+00'
        - m * interval '1 day'
        - (n % 1440) * interval '1 minute' AS at
) AS made
ON CONFLICT DO NOTHING;
