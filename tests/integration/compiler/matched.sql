-- Most rows find a partner; NULL wherever it may stand, and special values.
INSERT INTO a VALUES (1, 1, 1, 'one', 'uno'), (2, 2, NULL, '', NULL), (3, 2, 3, 'three', '');
INSERT INTO b VALUES (1, 1, 1, 1), (2, 2, 2, NULL), (3, 2, 1, 3), (4, NULL, 2, NULL);
INSERT INTO c VALUES (1, 1, 1, 1), (2, 2, 2, NULL), (3, 3, 2, 3), (4, 9, 1, NULL);
INSERT INTO special VALUES
(
    1, 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '0', '0:00', 'empty', '{}', '',
    'null', 'null', 'sad', '', '::1', false, '00000000-0000-0000-0000-000000000000',
    '(,)', '(0,0)'
),
(
    2, 'infinity', 0, '-infinity', '-infinity', '-infinity', '-1 month', '24:00', '(,)',
    '{NULL}', 'x', '{}', '{}', 'ok', '\x00', '10.0.0.0/8', true,
    'ffffffff-ffff-ffff-ffff-ffffffffffff', '(1,)', '(NaN,1)'
),
(
    3, 1.5, 1.5, '2024-02-29 12:00', '2024-02-29 12:00Z', '2024-02-29', '1 day', '12:00',
    '[1,5)', '{{1,NULL},{2,3}}', 'a_b%c', '{"k": null, "l": [null]}',
    '{"k": null, "l": [null]}', 'ok', 'abc', '192.168.0.1', true,
    '11111111-1111-1111-1111-111111111111', '(1,x)', '(1,2)'
);
INSERT INTO keyed VALUES
(1, 'a', 1, 1, 'a'), (2, 'a ', -1, 2, 'b'), (3, NULL, -1, 3, 'c'), (4, NULL, NULL, NULL, 'D');
INSERT INTO tagged VALUES (1, 'g', 'h', NULL), (2, '', 'h', 'k');
INSERT INTO generated VALUES (1, 1, NULL), (2, 2, 2);
INSERT INTO shortened VALUES (1, 1, NULL), (2, 2, 2);
INSERT INTO base VALUES (1, 1, NULL), (2, 1, 2);
INSERT INTO derived VALUES (1, 1, NULL, 1), (2, 2, NULL, 3);
INSERT INTO turned VALUES (1, NULL, 2, 3);
INSERT INTO split VALUES (1, 1, NULL), (2, 2, 2);
INSERT INTO hidden VALUES (1, 1), (2, 2);
INSERT INTO pairs VALUES (1, 2, 3), (2, 1, 3);
INSERT INTO pointing VALUES (1, 1, 1, 1, 1, 1, 2), (2, 3, 2, 2, 2, 2, 1);
INSERT INTO frozen VALUES (1, 1, NULL), (2, 1, NULL);
INSERT INTO touched VALUES (1, 1, NULL), (2, 1, NULL);
REFRESH MATERIALIZED VIEW stored_view;
