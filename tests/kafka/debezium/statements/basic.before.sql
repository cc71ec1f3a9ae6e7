CREATE DATABASE shop;
USE shop;
CREATE TABLE customers (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(50) NOT NULL DEFAULT 'nobody',
  email VARCHAR(100)
);
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org'), (2, 'Zoë 🎉', NULL);
