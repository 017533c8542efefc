-- pgrepo: no-transaction
CREATE INDEX CONCURRENTLY a ON m.t (a);
CREATE INDEX CONCURRENTLY b ON m.t (b);
