-- Tables that change while the connector streams.
CREATE DATABASE shop;
USE shop;
CREATE TABLE goods (id INT PRIMARY KEY, name VARCHAR(20), price INT);
CREATE TABLE doomed (id INT PRIMARY KEY);
CREATE TABLE other (id INT PRIMARY KEY);
INSERT INTO goods VALUES (1, 'bolt', 5);
INSERT INTO doomed VALUES (1);
