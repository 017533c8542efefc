-- Two lectures, one meeting, and one recording that is not transcribed yet.
SELECT
    audiotricks.create_monthly_partition('audio_history', wanted.year, wanted.month)
FROM (VALUES (2025, 11), (2025, 12), (2026, 1)) AS wanted (year, month);

INSERT INTO audiotricks.audio_history (
    id,
    user_id,
    title,
    audio_url,
    file_size_bytes,
    duration_seconds,
    transcript,
    summary,
    key_moments,
    processing_options,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000021',
        '00000000-0000-4000-8000-000000000001',
        'Introduction to glaciers',
        'https://media.example.com/lectures/glaciers.mp3',
        48123904,
        3012,
        'Good morning. Today we ask how a glacier moves. Ice flows under its own '
        'weight, and where it meets rock it melts a little and slides.',
        'How glaciers flow, and why they slide on a film of water.',
        '[
            {
                "timestamp": "00:00:10",
                "description": "The question of the day",
                "confidence": 0.95
            },
            {
                "timestamp": "00:24:40",
                "description": "Sliding on melt water",
                "confidence": 0.88
            }
        ]',
        '{
            "language": "en",
            "model": "whisper-1",
            "summaryStyle": "detailed",
            "includeTimestamps": true,
            "speakerDiarization": false
        }',
        '2025-11-18 10:05:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000022',
        '00000000-0000-4000-8000-000000000001',
        'Rivers and valleys',
        'https://media.example.com/lectures/rivers.mp3',
        51380224,
        3190,
        'A river is younger than its valley more often than one thinks. Where a '
        'glacier was, the valley is wide; where only water was, it is narrow.',
        'What the shape of a valley tells about what made it.',
        '[{"timestamp": "00:12:00", "description": "Wide and narrow valleys"}]',
        '{"language": "en", "model": "whisper-1", "summaryStyle": "short"}',
        '2025-12-09 10:03:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000023',
        '00000000-0000-4000-8000-000000000002',
        'Board meeting, January',
        NULL,
        20971520,
        5400,
        'The budget was agreed on. The library gets new windows, the roof has to wait.',
        'Budget agreed; windows this year, the roof later.',
        '[]',
        '{"language": "en", "speakerDiarization": true}',
        '2026-01-07 15:30:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000024',
        '00000000-0000-4000-8000-000000000002',
        'dictation-0042.wav',
        NULL,
        1048576,
        61,
        NULL,
        NULL,
        NULL,
        NULL,
        '2026-01-08 09:00:00+00'
    )
ON CONFLICT DO NOTHING;
