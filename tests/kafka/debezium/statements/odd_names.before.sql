-- Names of databases, tables and columns with characters that topics or schemas may not contain.
CREATE DATABASE `odd db-1`;
CREATE DATABASE `Ünïcode`;
USE `odd db-1`;
CREATE TABLE `a b` (id INT PRIMARY KEY, v INT);
CREATE TABLE `a_b` (id INT PRIMARY KEY, v INT);
CREATE TABLE `dot.ted` (id INT PRIMARY KEY, v INT);
CREATE TABLE `dollar$` (id INT PRIMARY KEY, v INT);
CREATE TABLE `1number` (id INT PRIMARY KEY, v INT);
CREATE TABLE `Upper` (`ID` INT PRIMARY KEY, v INT);
CREATE TABLE `back``tick` (`i``d` INT PRIMARY KEY, v INT);
CREATE TABLE `quo"te'` (`i"d` INT PRIMARY KEY, `it's` INT);
CREATE TABLE `columns` (
  `the id` INT PRIMARY KEY, `a.b` INT, `a-c` INT, `1a` INT, `$x` INT, `ключ` INT, `select` INT,
  `CamelCase` INT, `back\slash` INT, `col,umn` INT, `a%b` INT, ` lead` INT
);
CREATE TABLE `Ünïcode`.`таблица` (id INT PRIMARY KEY, v INT);
INSERT INTO `a b` VALUES (1, 1);
INSERT INTO `columns` VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
INSERT INTO `Ünïcode`.`таблица` VALUES (1, 1);
