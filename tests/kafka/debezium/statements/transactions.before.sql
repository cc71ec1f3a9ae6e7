-- Transactions: with several tables, with many rows, rolled back partly or wholly, and empty.
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, total DECIMAL(10,2));
CREATE TABLE order_lines (order_id INT, line INT, amount INT, PRIMARY KEY (order_id, line));
CREATE TABLE log_lines (what VARCHAR(20));
CREATE TABLE unsafe (id INT PRIMARY KEY) ENGINE=MyISAM;
INSERT INTO orders VALUES (1, 9.99);
