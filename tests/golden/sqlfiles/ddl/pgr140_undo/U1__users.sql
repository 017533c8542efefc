DROP TABLE m.users;
