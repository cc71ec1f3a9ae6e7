-- Every temporal type, with each number of fraction digits.
SET sql_mode = '';
CREATE DATABASE types;
USE types;
CREATE TABLE dates (id INT PRIMARY KEY, day DATE, years YEAR);
CREATE TABLE times (
  id INT PRIMARY KEY,
  t TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5), t6 TIME(6)
);
CREATE TABLE datetimes (
  id INT PRIMARY KEY,
  d DATETIME, d1 DATETIME(1), d2 DATETIME(2), d3 DATETIME(3), d4 DATETIME(4), d5 DATETIME(5),
  d6 DATETIME(6)
);
CREATE TABLE timestamps (
  id INT PRIMARY KEY,
  s TIMESTAMP NULL, s1 TIMESTAMP(1) NULL, s2 TIMESTAMP(2) NULL, s3 TIMESTAMP(3) NULL,
  s4 TIMESTAMP(4) NULL, s5 TIMESTAMP(5) NULL, s6 TIMESTAMP(6) NULL
);
DELIMITER //
CREATE PROCEDURE fill_time(i INT, v VARCHAR(40))
BEGIN INSERT INTO times VALUES (i, v, v, v, v, v, v, v); END //
CREATE PROCEDURE fill_datetime(i INT, v VARCHAR(40))
BEGIN INSERT INTO datetimes VALUES (i, v, v, v, v, v, v, v); END //
CREATE PROCEDURE fill_timestamp(i INT, v VARCHAR(40))
BEGIN INSERT INTO timestamps VALUES (i, v, v, v, v, v, v, v); END //
CREATE PROCEDURE fill_times(base INT)
BEGIN
  INSERT INTO dates VALUES
    (base + 1, NULL, NULL), (base + 2, '0001-01-01', 1901), (base + 3, '9999-12-31', 2155),
    (base + 4, '1969-12-31', 0), (base + 5, '1970-01-01', 1970), (base + 6, '2024-02-29', 1999),
    (base + 7, '1582-10-04', 2024), (base + 8, '1582-10-15', 2069), (base + 9, '0000-01-01', 1);
  CALL fill_time(base + 1, NULL);
  CALL fill_time(base + 2, '00:00:00');
  CALL fill_time(base + 3, '12:34:56.789012');
  CALL fill_time(base + 4, '-12:34:56.789012');
  CALL fill_time(base + 5, '838:59:59');
  CALL fill_time(base + 6, '-838:59:59');
  CALL fill_time(base + 7, '-00:00:00.5');
  CALL fill_time(base + 8, '24:00:00.000001');
  CALL fill_datetime(base + 1, NULL);
  CALL fill_datetime(base + 2, '0001-01-01 00:00:00');
  CALL fill_datetime(base + 3, '9999-12-31 23:59:59');
  CALL fill_datetime(base + 4, '1970-01-01 00:00:00.000001');
  CALL fill_datetime(base + 5, '1969-12-31 23:59:59.123456');
  CALL fill_datetime(base + 6, '2024-02-29 12:34:56.123456');
  CALL fill_datetime(base + 7, '1582-10-04 01:02:03.5');
  CALL fill_datetime(base + 8, '2024-02-29 12:30:00');
  CALL fill_timestamp(base + 1, NULL);
  CALL fill_timestamp(base + 2, '1970-01-01 00:00:01');
  CALL fill_timestamp(base + 3, '2038-01-19 03:14:07');
  CALL fill_timestamp(base + 4, '2024-03-31 02:30:00.123456');
  CALL fill_timestamp(base + 5, '2024-02-29 12:30:00');
  CALL fill_timestamp(base + 6, '1970-01-01 00:00:01.9');
END //
DELIMITER ;
CALL fill_times(0);
