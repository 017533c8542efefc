-- Runs after every `pgrepo migrate`: this month and the next three have partitions.
SELECT monumento.ensure_partitions();
