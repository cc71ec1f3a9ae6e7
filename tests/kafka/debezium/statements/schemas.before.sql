-- The schemas of records without rows: schema changes, tombstones, TRUNCATE, transactions, headers.
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT NOT NULL, line INT NOT NULL, v VARCHAR(9), PRIMARY KEY (id, line));
CREATE TABLE no_key (v INT);
CREATE TABLE `odd name` (`the id` INT PRIMARY KEY);
INSERT INTO orders VALUES (1, 1, 'x');
