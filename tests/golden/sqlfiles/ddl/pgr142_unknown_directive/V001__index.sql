-- pgrepo: notransaction
CREATE INDEX CONCURRENTLY a ON m.t (a);
