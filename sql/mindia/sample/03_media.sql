-- What the museum keeps, and one broadcast of the radio.
INSERT INTO mindia.images (
    id,
    tenant_id,
    filename,
    original_filename,
    s3_key,
    s3_url,
    content_type,
    file_size,
    width,
    height,
    uploaded_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000021',
        '00000000-0000-4000-8000-000000000001',
        'harbour-1910.jpg',
        'DSC_0042.JPG',
        'images/harbour-1910.jpg',
        'https://cdn.example.com/images/harbour-1910.jpg',
        'image/jpeg',
        2480113,
        4032,
        3024,
        '2025-09-03 10:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000022',
        '00000000-0000-4000-8000-000000000001',
        'crane-plan.png',
        'scan.png',
        'images/crane-plan.png',
        'https://cdn.example.com/images/crane-plan.png',
        'image/png',
        8120440,
        NULL,
        NULL,
        '2025-09-03 10:05:00+00'
    )
ON CONFLICT DO NOTHING;

-- One film can be streamed, the other waits.
INSERT INTO mindia.videos (
    id,
    tenant_id,
    filename,
    s3_key,
    file_size,
    processing_status,
    hls_master_key,
    duration,
    width,
    height,
    uploaded_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000031',
        '00000000-0000-4000-8000-000000000001',
        'tour.mp4',
        'videos/tour.mp4',
        184220119,
        'completed',
        'hls/tour/master.m3u8',
        312.5,
        1920,
        1080,
        '2025-09-04 11:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000032',
        '00000000-0000-4000-8000-000000000001',
        'opening.mov',
        'videos/opening.mov',
        912004551,
        'pending',
        NULL,
        NULL,
        NULL,
        NULL,
        '2025-09-05 18:00:00+00'
    )
ON CONFLICT DO NOTHING;

-- A horn in the fog, and an hour at midnight.
INSERT INTO mindia.audios (
    id,
    tenant_id,
    filename,
    s3_key,
    file_size,
    duration,
    bitrate,
    sample_rate,
    channels,
    uploaded_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000041',
        '00000000-0000-4000-8000-000000000001',
        'foghorn.wav',
        'audios/foghorn.wav',
        4410044,
        25,
        1411200,
        44100,
        2,
        '2025-09-06 07:00:00+00'
    ),
    (
        '00000000-0000-4000-8000-000000000042',
        '00000000-0000-4000-8000-000000000002',
        'midnight.m4a',
        'audios/midnight.m4a',
        57600000,
        3600,
        128000,
        44100,
        2,
        '2025-10-02 00:59:00+00'
    )
ON CONFLICT DO NOTHING;

-- The catalogue of the exhibition.
INSERT INTO mindia.documents (
    id,
    tenant_id,
    filename,
    s3_key,
    file_size,
    uploaded_at
)
VALUES
    (
        '00000000-0000-4000-8000-000000000051',
        '00000000-0000-4000-8000-000000000001',
        'catalogue.pdf',
        'documents/catalogue.pdf',
        1204000,
        '2025-09-06 07:30:00+00'
    )
ON CONFLICT DO NOTHING;
