-- No row finds a partner, and every column that may be NULL is.
INSERT INTO a VALUES (1, 1, NULL, '', NULL), (5, 5, NULL, 'x', NULL);
INSERT INTO b VALUES (2, NULL, 7, NULL), (3, NULL, 7, NULL);
INSERT INTO c VALUES (4, 9, 8, NULL), (6, 9, 9, NULL);
INSERT INTO keyed VALUES (7, NULL, NULL, NULL, ''), (8, NULL, NULL, NULL, 'x');
INSERT INTO tagged VALUES (9, '', 'h', NULL);
INSERT INTO generated VALUES (10, 10, NULL);
INSERT INTO shortened VALUES (10, 10, NULL);
INSERT INTO base VALUES (11, 11, NULL);
INSERT INTO derived VALUES (11, 11, NULL, 11);
INSERT INTO split VALUES (-1, 12, NULL), (12, 12, NULL);
INSERT INTO hidden VALUES (7, 7);
INSERT INTO pairs VALUES (7, 8, 9);
INSERT INTO pointing VALUES (3, 5, 12, 5, 7, 7, 8);
REFRESH MATERIALIZED VIEW stored_view;
