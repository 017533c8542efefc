-- Forty messages: what was said in five of the sessions; the sixth is silent.
SELECT made.partition_name
FROM (
    SELECT
        monumento.create_monthly_partition(
            'messages', month.year, month.month
        ) AS partition_name
    FROM (VALUES (2024, 1), (2026, 1)) AS month (year, month)
) AS made
WHERE made.partition_name IS NOT NULL;

INSERT INTO monumento.messages (
    id,
    session_id,
    role,
    text,
    timestamp,
    relative_offset,
    created_at
)
SELECT
    spoken.id::uuid,
    spoken.session_id::uuid,
    spoken.role,
    spoken.text,
    spoken.started_at + spoken.relative_offset,
    spoken.relative_offset,
    to_timestamp((spoken.started_at + spoken.relative_offset) / 1000.0)
FROM (
    VALUES
        (
            '00000000-0000-4000-8000-000000001001',
            '00000000-0000-4000-8000-000000000101',
            'ai',
            'Welcome! Tell me about your childhood.',
            1704067200000,
            0
        ),
        (
            '00000000-0000-4000-8000-000000001002',
            '00000000-0000-4000-8000-000000000101',
            'user',
            'I grew up in New York, four floors above a bakery.',
            1704067200000,
            5000
        ),
        (
            '00000000-0000-4000-8000-000000001003',
            '00000000-0000-4000-8000-000000000101',
            'ai',
            'Whose bakery was it?',
            1704067200000,
            23800
        ),
        (
            '00000000-0000-4000-8000-000000001004',
            '00000000-0000-4000-8000-000000000101',
            'user',
            'Mr. Abruzzo''s. He started at three in the morning.',
            1704067200000,
            28800
        ),
        (
            '00000000-0000-4000-8000-000000001005',
            '00000000-0000-4000-8000-000000000101',
            'ai',
            'Did you ever watch him work?',
            1704067200000,
            43800
        ),
        (
            '00000000-0000-4000-8000-000000001006',
            '00000000-0000-4000-8000-000000000101',
            'user',
            'Every Saturday. He let me dust the loaves with flour.',
            1704067200000,
            48800
        ),
        (
            '00000000-0000-4000-8000-000000001007',
            '00000000-0000-4000-8000-000000000101',
            'ai',
            'What did the street sound like in those days?',
            1704067200000,
            62400
        ),
        (
            '00000000-0000-4000-8000-000000001008',
            '00000000-0000-4000-8000-000000000101',
            'user',
            'Trolley bells, and my mother calling us home from the window.',
            1704067200000,
            67400
        ),
        (
            '00000000-0000-4000-8000-000000001009',
            '00000000-0000-4000-8000-000000000101',
            'ai',
            'What did she call you?',
            1704067200000,
            82600
        ),
        (
            '00000000-0000-4000-8000-000000001010',
            '00000000-0000-4000-8000-000000000101',
            'user',
            'Johnny, until I turned ten. Then I insisted on John.',
            1704067200000,
            87600
        ),
        (
            '00000000-0000-4000-8000-000000001011',
            '00000000-0000-4000-8000-000000000102',
            'ai',
            'Let us celebrate! Take me back to the morning of your wedding.',
            1767628800000,
            0
        ),
        (
            '00000000-0000-4000-8000-000000001012',
            '00000000-0000-4000-8000-000000000102',
            'user',
            'It rained until noon. My brother said it was good luck.',
            1767628800000,
            5000
        ),
        (
            '00000000-0000-4000-8000-000000001013',
            '00000000-0000-4000-8000-000000000102',
            'ai',
            'Was he right?',
            1767628800000,
            19000
        ),
        (
            '00000000-0000-4000-8000-000000001014',
            '00000000-0000-4000-8000-000000000102',
            'user',
            'Forty-one years and counting.',
            1767628800000,
            24000
        ),
        (
            '00000000-0000-4000-8000-000000001015',
            '00000000-0000-4000-8000-000000000102',
            'ai',
            'Describe the garden for me.',
            1767628800000,
            32800
        ),
        (
            '00000000-0000-4000-8000-000000001016',
            '00000000-0000-4000-8000-000000000102',
            'user',
            'White chairs, wet grass, and a band that knew only five songs.',
            1767628800000,
            37800
        ),
        (
            '00000000-0000-4000-8000-000000001017',
            '00000000-0000-4000-8000-000000000102',
            'ai',
            'Which of the five did you dance to?',
            1767628800000,
            53200
        ),
        (
            '00000000-0000-4000-8000-000000001018',
            '00000000-0000-4000-8000-000000000102',
            'user',
            'All of them. Twice.',
            1767628800000,
            58200
        ),
        (
            '00000000-0000-4000-8000-000000001019',
            '00000000-0000-4000-8000-000000000103',
            'ai',
            'Tell me about your first job.',
            1767693600000,
            0
        ),
        (
            '00000000-0000-4000-8000-000000001020',
            '00000000-0000-4000-8000-000000000103',
            'user',
            'I sold newspapers at Grand Central. I was eleven and very loud.',
            1767693600000,
            5000
        ),
        (
            '00000000-0000-4000-8000-000000001021',
            '00000000-0000-4000-8000-000000000103',
            'ai',
            'What headline do you remember?',
            1767693600000,
            20600
        ),
        (
            '00000000-0000-4000-8000-000000001022',
            '00000000-0000-4000-8000-000000000103',
            'user',
            'The one about the moon. I sold out in twenty minutes.',
            1767693600000,
            25600
        ),
        (
            '00000000-0000-4000-8000-000000001023',
            '00000000-0000-4000-8000-000000000103',
            'ai',
            'What did you do with the money?',
            1767693600000,
            39200
        ),
        (
            '00000000-0000-4000-8000-000000001024',
            '00000000-0000-4000-8000-000000000103',
            'user',
            'I bought my sister a harmonica.',
            1767693600000,
            44200
        ),
        (
            '00000000-0000-4000-8000-000000001025',
            '00000000-0000-4000-8000-000000000103',
            'ai',
            'Does she still have it?',
            1767693600000,
            53400
        ),
        (
            '00000000-0000-4000-8000-000000001026',
            '00000000-0000-4000-8000-000000000103',
            'user',
            'She plays it every Thanksgiving.',
            1767693600000,
            58400
        ),
        (
            '00000000-0000-4000-8000-000000001027',
            '00000000-0000-4000-8000-000000000104',
            'ai',
            'Hello Jane. Where shall we begin?',
            1767466800000,
            0
        ),
        (
            '00000000-0000-4000-8000-000000001028',
            '00000000-0000-4000-8000-000000000104',
            'user',
            'With Miss Pruitt, who taught me to read.',
            1767466800000,
            5000
        ),
        (
            '00000000-0000-4000-8000-000000001029',
            '00000000-0000-4000-8000-000000000104',
            'ai',
            'What did you read first?',
            1767466800000,
            16000
        ),
        (
            '00000000-0000-4000-8000-000000001030',
            '00000000-0000-4000-8000-000000000104',
            'user',
            'A seed catalog. We had no other book at home.',
            1767466800000,
            21000
        ),
        (
            '00000000-0000-4000-8000-000000001031',
            '00000000-0000-4000-8000-000000000104',
            'ai',
            'What did you learn from it?',
            1767466800000,
            33000
        ),
        (
            '00000000-0000-4000-8000-000000001032',
            '00000000-0000-4000-8000-000000000104',
            'user',
            'That a thing can have two names, and that both can be beautiful.',
            1767466800000,
            38000
        ),
        (
            '00000000-0000-4000-8000-000000001033',
            '00000000-0000-4000-8000-000000000104',
            'ai',
            'Did you ever tell her so?',
            1767466800000,
            53800
        ),
        (
            '00000000-0000-4000-8000-000000001034',
            '00000000-0000-4000-8000-000000000104',
            'user',
            'Last spring. She is ninety-six.',
            1767466800000,
            58800
        ),
        (
            '00000000-0000-4000-8000-000000001035',
            '00000000-0000-4000-8000-000000000105',
            'ai',
            'Amara, who are we celebrating today?',
            1767772800000,
            0
        ),
        (
            '00000000-0000-4000-8000-000000001036',
            '00000000-0000-4000-8000-000000000105',
            'user',
            'My grandmother. She turned a market stall into a school.',
            1767772800000,
            5000
        ),
        (
            '00000000-0000-4000-8000-000000001037',
            '00000000-0000-4000-8000-000000000105',
            'ai',
            'How does one do that?',
            1767772800000,
            19200
        ),
        (
            '00000000-0000-4000-8000-000000001038',
            '00000000-0000-4000-8000-000000000105',
            'user',
            'You sell tomatoes with one hand and hold the chalk with the other.',
            1767772800000,
            24200
        ),
        (
            '00000000-0000-4000-8000-000000001039',
            '00000000-0000-4000-8000-000000000105',
            'ai',
            'What was her favorite lesson?',
            1767772800000,
            40400
        ),
        (
            '00000000-0000-4000-8000-000000001040',
            '00000000-0000-4000-8000-000000000105',
            'user',
            'How to count change faster than the customer.',
            1767772800000,
            45400
        )
) AS spoken (id, session_id, role, text, started_at, relative_offset)
ON CONFLICT DO NOTHING;
