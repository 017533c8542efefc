CREATE SCHEMA shop;
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    parent_id bigint,
    CONSTRAINT orders_parent_id_fkey FOREIGN KEY (parent_id)
        REFERENCES shop.orders (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO shop.orders VALUES (1, 2);
