-- @param p2 = 1
SELECT $1;
