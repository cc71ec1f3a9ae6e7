-- Transactions: of several tables, of many rows, rolled back in part or whole, and of nothing.
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, total DECIMAL(10,2));
CREATE TABLE order_lines (order_id INT, line INT, amount INT, PRIMARY KEY (order_id, line));
CREATE TABLE log_lines (what VARCHAR(20));
CREATE TABLE unsafe (id INT PRIMARY KEY) ENGINE=MyISAM;
INSERT INTO orders VALUES (1, 9.99);
