-- What four things of the museum are about; the plan of the crane waits for its
-- embedding. No model made these vectors. The first axis stands for the harbour, the
-- second for machines, so the picture and the film are alike, and the foghorn is like
-- both of them.
INSERT INTO mindia.embeddings (
    id,
    entity_id,
    entity_type,
    tenant_id,
    description,
    embedding,
    model_name,
    created_at
)
SELECT
    given.id,
    given.entity_id::uuid,
    given.entity_type::mindia.entity_type,
    '00000000-0000-4000-8000-000000000001',
    given.description,
    (
        ARRAY[given.harbour, given.machines, given.papers]
        || array_fill(0::real, ARRAY[765])
    )::vector(768),
    'sample-768',
    given.created_at::timestamptz
FROM (
    VALUES
        (
            -1,
            '00000000-0000-4000-8000-000000000021',
            'image',
            'The harbour in 1910, seen from the lighthouse.',
            0.9::real,
            0.1::real,
            0::real,
            '2025-09-03 10:01:00+00'
        ),
        (
            -2,
            '00000000-0000-4000-8000-000000000031',
            'video',
            'A walk along the quays, past the old cranes.',
            0.8,
            0.3,
            0,
            '2025-09-04 11:20:00+00'
        ),
        (
            -3,
            '00000000-0000-4000-8000-000000000041',
            'audio',
            'A foghorn, three times.',
            0.5,
            0.5,
            0,
            '2025-09-06 07:01:00+00'
        ),
        (
            -4,
            '00000000-0000-4000-8000-000000000051',
            'document',
            'Catalogue of the exhibition, with prices.',
            0.2,
            0,
            0.9,
            '2025-09-06 07:31:00+00'
        )
) AS given (
    id, entity_id, entity_type, description, harbour, machines, papers, created_at
)
ON CONFLICT DO NOTHING;
