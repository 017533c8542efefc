CREATE TABLE shop.openings (
    date date PRIMARY KEY,
    int int NOT NULL,
    previous date,
    list text[] NOT NULL
);
