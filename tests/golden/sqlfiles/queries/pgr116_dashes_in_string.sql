-- name: text()
SELECT 'one
-- two
three';

-- name: identifier()
SELECT 1 AS "one
    -- two";

-- name: both()
SELECT 'one
-- two  
three';

-- name: good()
SELECT 'one -- two
three';
