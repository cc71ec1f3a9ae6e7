-- The rows of the initial snapshot: several databases, empty tables, one of them the last table.
CREATE DATABASE zoo;
CREATE DATABASE apple;
USE zoo;
CREATE TABLE one_row (id INT PRIMARY KEY, v INT);
CREATE TABLE no_rows (id INT PRIMARY KEY, v INT);
CREATE TABLE two_rows (id INT PRIMARY KEY, v INT);
CREATE TABLE disordered (id INT, b INT, PRIMARY KEY (b, id));
CREATE VIEW seen AS SELECT * FROM one_row;
CREATE TABLE zz_empty (id INT PRIMARY KEY);
INSERT INTO one_row VALUES (1, 1);
INSERT INTO two_rows VALUES (2, 2), (1, 1);
INSERT INTO disordered VALUES (1, 3), (2, 2), (3, 1);
CREATE TABLE apple.pips (id INT PRIMARY KEY);
INSERT INTO apple.pips VALUES (1), (2), (3);
