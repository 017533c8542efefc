-- What is established in two scenes, and a summary of one. Scenes bring their first
-- version along.
INSERT INTO storyverse.scene_bibles (
    id,
    scene_id,
    version,
    data,
    created_at,
    created_by_segment_id
)
VALUES
    (
        '00000000-0000-4000-8000-000000000601',
        '00000000-0000-4000-8000-000000000301',
        2,
        '{
            "version": 2,
            "characters": [
                {
                    "entityId": "char_diver",
                    "canonicalName": "The Diver",
                    "traits": ["stubborn"],
                    "introducedInSegment": 1
                }
            ],
            "setting": {"primaryLocation": "The lighthouse", "timePeriod": "A winter"},
            "timeline": {"currentPoint": "The door"}
        }',
        '2026-01-05 18:21:30+00',
        '00000000-0000-4000-8000-000000000501'
    ),
    (
        '00000000-0000-4000-8000-000000000602',
        '00000000-0000-4000-8000-000000000301',
        3,
        '{
            "version": 3,
            "characters": [
                {
                    "entityId": "char_diver",
                    "canonicalName": "The Diver",
                    "traits": ["stubborn"],
                    "introducedInSegment": 1
                }
            ],
            "setting": {"primaryLocation": "The lighthouse", "timePeriod": "A winter"},
            "timeline": {"currentPoint": "The kitchen"},
            "plotThreads": [
                {
                    "id": "table",
                    "description": "Who set the table?",
                    "status": "active"
                }
            ]
        }',
        '2026-01-06 07:41:30+00',
        '00000000-0000-4000-8000-000000000502'
    ),
    (
        '00000000-0000-4000-8000-000000000603',
        '00000000-0000-4000-8000-000000000301',
        4,
        '{
            "version": 4,
            "characters": [
                {
                    "entityId": "char_diver",
                    "canonicalName": "The Diver",
                    "traits": ["stubborn"],
                    "introducedInSegment": 1
                },
                {
                    "entityId": "char_voice",
                    "canonicalName": "The Voice",
                    "aliases": ["the radio"],
                    "introducedInSegment": 3
                }
            ],
            "setting": {"primaryLocation": "The lighthouse", "timePeriod": "A winter"},
            "timeline": {"currentPoint": "The radio room"},
            "plotThreads": [
                {
                    "id": "table",
                    "description": "Who set the table?",
                    "status": "active"
                }
            ],
            "styleGuide": {"tone": "quiet dread"}
        }',
        '2026-01-07 19:06:30+00',
        '00000000-0000-4000-8000-000000000503'
    ),
    (
        '00000000-0000-4000-8000-000000000604',
        '00000000-0000-4000-8000-000000000302',
        2,
        '{
            "version": 2,
            "characters": [
                {
                    "entityId": "char_keeper",
                    "canonicalName": "The Keeper",
                    "introducedInSegment": 1
                }
            ],
            "setting": {"primaryLocation": "The lighthouse", "timePeriod": "A winter"},
            "timeline": {"currentPoint": "The first night"}
        }',
        '2026-01-06 09:01:30+00',
        '00000000-0000-4000-8000-000000000504'
    ),
    (
        '00000000-0000-4000-8000-000000000605',
        '00000000-0000-4000-8000-000000000302',
        3,
        '{
            "version": 3,
            "characters": [
                {
                    "entityId": "char_keeper",
                    "canonicalName": "The Keeper",
                    "introducedInSegment": 1,
                    "isActive": false
                }
            ],
            "setting": {"primaryLocation": "The lighthouse", "timePeriod": "A winter"},
            "timeline": {"currentPoint": "The last night"}
        }',
        '2026-01-07 20:31:30+00',
        '00000000-0000-4000-8000-000000000505'
    )
ON CONFLICT DO NOTHING;

UPDATE storyverse.scenes AS scene
SET bible_version = newest.version
FROM (
    SELECT
        bible.scene_id,
        max(bible.version) AS version
    FROM storyverse.scene_bibles AS bible
    WHERE
        bible.scene_id IN (
            '00000000-0000-4000-8000-000000000301',
            '00000000-0000-4000-8000-000000000302'
        )
    GROUP BY bible.scene_id
) AS newest
WHERE
    scene.id = newest.scene_id
    AND scene.bible_version < newest.version;

INSERT INTO storyverse.scene_summaries (
    id,
    scene_id,
    summary,
    segments_covered,
    created_at,
    updated_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000611',
        '00000000-0000-4000-8000-000000000302',
        'A keeper writes of ten nights of fog, and puts out the light.',
        ARRAY[1, 2],
        '2026-01-07 21:00:00+00',
        '2026-01-07 21:00:00+00'
    )
ON CONFLICT DO NOTHING;
