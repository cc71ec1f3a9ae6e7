-- Generated columns and invisible columns.
CREATE DATABASE shop;
USE shop;
CREATE TABLE computed (
  id INT PRIMARY KEY,
  n INT,
  kept INT GENERATED ALWAYS AS (n * 2) STORED,
  reckoned INT GENERATED ALWAYS AS (n - 9) VIRTUAL,
  text VARCHAR(20) GENERATED ALWAYS AS (CONCAT('n', n)) VIRTUAL,
  hidden INT INVISIBLE DEFAULT 5,
  INDEX by_text (text), INDEX by_sum ((n + id))
);
CREATE TABLE generated_key (n INT, id INT GENERATED ALWAYS AS (n + 1) STORED PRIMARY KEY);
CREATE TABLE hidden_key (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY,
  n INT);
SET sql_generate_invisible_primary_key = ON;
CREATE TABLE generated_invisible_key (n INT);
SET sql_generate_invisible_primary_key = OFF;
INSERT INTO computed (id, n) VALUES (1, 10);
INSERT INTO generated_key (n) VALUES (1);
INSERT INTO hidden_key (n) VALUES (1);
INSERT INTO generated_invisible_key (n) VALUES (1);
