-- Statements that combine several kinds of writes.
CREATE DATABASE shop;
USE shop;
CREATE TABLE stock (id INT PRIMARY KEY, sku VARCHAR(10) UNIQUE, amount INT);
CREATE TABLE parents (id INT PRIMARY KEY);
CREATE TABLE children (id INT PRIMARY KEY, parent INT,
  FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE audit (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(40));
CREATE TRIGGER stock_audit AFTER UPDATE ON stock FOR EACH ROW
  INSERT INTO audit (what) VALUES (CONCAT(OLD.amount, ' -> ', NEW.amount));
CREATE TEMPORARY TABLE unseen (id INT);
INSERT INTO stock VALUES (1, 'a', 10), (2, 'b', 20);
