-- Users.
CREATE TABLE m.users ();
