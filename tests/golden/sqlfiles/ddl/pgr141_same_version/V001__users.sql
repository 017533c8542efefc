CREATE TABLE m.users ();
