-- What three of the sessions produced.
INSERT INTO monumento.media_files (
    id,
    session_id,
    file_type,
    storage_url,
    cdn_url,
    file_size_bytes,
    duration_seconds,
    mime_type,
    metadata,
    created_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000301',
        '00000000-0000-4000-8000-000000000101',
        'video',
        's3://monumento/101/video.mp4',
        'https://media.example.com/101/video.mp4',
        734003200,
        1200,
        'video/mp4',
        '{"width": 1920, "height": 1080}',
        '2024-01-01 00:21:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000302',
        '00000000-0000-4000-8000-000000000101',
        'transcript',
        's3://monumento/101/transcript.txt',
        'https://media.example.com/101/transcript.txt',
        18204,
        NULL,
        'text/plain',
        '{}',
        '2024-01-01 00:24:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000303',
        '00000000-0000-4000-8000-000000000102',
        'video',
        's3://monumento/102/video.mp4',
        'https://media.example.com/102/video.mp4',
        1284505600,
        2100,
        'video/mp4',
        '{"width": 1920, "height": 1080}',
        '2026-01-05 16:38:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000304',
        '00000000-0000-4000-8000-000000000102',
        'thumbnail',
        's3://monumento/102/thumbnail.jpg',
        'https://media.example.com/102/thumbnail.jpg',
        245760,
        NULL,
        'image/jpeg',
        '{}',
        '2026-01-05 16:39:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000305',
        '00000000-0000-4000-8000-000000000104',
        'audio',
        's3://monumento/104/audio.opus',
        NULL,
        NULL,
        600,
        'audio/ogg',
        '{}',
        '2026-01-03 19:11:00+00'
    )
ON CONFLICT DO NOTHING;
