SELECT :id, $1;
