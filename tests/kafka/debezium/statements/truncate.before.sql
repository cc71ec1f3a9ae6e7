-- TRUNCATE, which is skipped by default.
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, v INT);
CREATE TABLE no_key (v INT);
INSERT INTO orders VALUES (1, 1);
