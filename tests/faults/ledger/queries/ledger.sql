-- Accounts with versions, and a row for each operation that has changed one.

-- name: version_of(account)$
SELECT version FROM ledger.accounts WHERE id = :account;

-- name: change(account, version)!
UPDATE ledger.accounts SET version = version + 1 WHERE id = :account AND version = :version;

-- name: change_cleanly(account, version)!
UPDATE ledger.accounts SET version = version + 1 WHERE id = :account AND version = :version;

-- name: lock_account(account)$
SELECT version FROM ledger.accounts WHERE id = :account FOR UPDATE;

-- name: note(operation)!
INSERT INTO ledger.effects (operation) VALUES (:operation);

-- name: add_notes(operation)*!
INSERT INTO ledger.effects (operation) VALUES (:operation);

-- name: count_of(operation)$
SELECT count(*) FROM ledger.effects WHERE operation = :operation;

-- name: all_accounts()
SELECT id FROM ledger.accounts ORDER BY id;

-- name: kept_version_of(account)$
SELECT version FROM ledger.accounts WHERE id = :account;

-- name: briefly_kept_version_of(account)$
SELECT version FROM ledger.accounts WHERE id = :account;

-- name: sure_version_of(account)$
SELECT version FROM ledger.accounts WHERE id = :account;

-- name: slow_total()$
SELECT sum(accounts.version) FROM ledger.accounts CROSS JOIN pg_sleep(0.03);
