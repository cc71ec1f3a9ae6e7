-- The key of a record: all kinds of primary keys, unique keys, no key.
CREATE DATABASE shop;
USE shop;
CREATE TABLE single_key (id INT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE composite_key (v VARCHAR(20), b INT, a VARCHAR(5), PRIMARY KEY (a, b));
CREATE TABLE unique_key (v VARCHAR(20), code INT NOT NULL UNIQUE);
CREATE TABLE unique_pair (a INT NOT NULL, b INT NOT NULL, v VARCHAR(20), UNIQUE KEY (b, a));
CREATE TABLE unique_two (a INT NOT NULL, b INT NOT NULL, v VARCHAR(20), UNIQUE KEY second (b),
  UNIQUE KEY first (a));
CREATE TABLE unique_nullable (code INT UNIQUE, v VARCHAR(20));
CREATE TABLE unique_half_nullable (a INT NOT NULL, b INT, v VARCHAR(20), UNIQUE KEY (a, b));
CREATE TABLE unique_and_primary (code INT NOT NULL UNIQUE, id INT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE no_key (a INT, v VARCHAR(20));
CREATE TABLE prefix_key (id VARCHAR(20), v VARCHAR(20), PRIMARY KEY (id(3)));
CREATE TABLE unique_prefix (id VARCHAR(20) NOT NULL, v VARCHAR(20), UNIQUE KEY (id(3)));
CREATE TABLE unique_expression (id INT NOT NULL, v VARCHAR(20), UNIQUE KEY ((id + 1)));
CREATE TABLE typed_key (
  d DECIMAL(10,2), s DATETIME(3), b BINARY(3), u BIGINT UNSIGNED, e ENUM('x','y'), f BIT(9),
  PRIMARY KEY (d, s, b, u, e, f)
);
CREATE TABLE only_key (a INT, b INT, PRIMARY KEY (a, b));
INSERT INTO single_key VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO composite_key VALUES ('one', 1, 'a'), ('two', 2, 'b');
INSERT INTO no_key VALUES (1, 'one'), (1, 'one'), (NULL, NULL);
INSERT INTO unique_key VALUES ('one', 1), ('two', 2);
