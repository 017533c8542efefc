CREATE TABLE m.sessions ();
