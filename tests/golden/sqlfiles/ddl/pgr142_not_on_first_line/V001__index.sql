-- Why.
-- pgrepo: no-transaction
CREATE INDEX CONCURRENTLY a ON m.t (a);
