-- pgrepo: no-transaction
VACUUM 'a;
