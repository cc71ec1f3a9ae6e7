-- TRUNCATE, which is skipped unless one asks for it.
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, v INT);
CREATE TABLE no_key (v INT);
INSERT INTO orders VALUES (1, 1);
