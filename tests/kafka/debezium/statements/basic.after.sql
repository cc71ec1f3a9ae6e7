USE shop;
INSERT INTO customers VALUES (3, 'Grace', 'grace@example.org');
UPDATE customers SET email = NULL WHERE id = 1;
DELETE FROM customers WHERE id = 2;
UPDATE customers SET id = 30 WHERE id = 3;
