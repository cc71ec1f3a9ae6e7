-- A column of each type, with and without a default, to see the schemas of their values.
SET sql_mode = '';
CREATE DATABASE types;
USE types;
CREATE TABLE numbers (
  id INT PRIMARY KEY,
  tiny TINYINT, tiny_unsigned TINYINT UNSIGNED, truth BOOL, small SMALLINT,
  small_unsigned SMALLINT UNSIGNED, medium MEDIUMINT, medium_unsigned MEDIUMINT UNSIGNED, plain INT,
  plain_unsigned INT UNSIGNED, big BIGINT, big_unsigned BIGINT UNSIGNED,
  bit1 BIT(1), bit9 BIT(9),
  d DECIMAL(10,2), d_whole DECIMAL(5), d_wide DECIMAL(65,30), n NUMERIC(8,3) UNSIGNED,
  single FLOAT, single_7_3 FLOAT(7,3), float_53 FLOAT(53), twice DOUBLE, twice_20_4 DOUBLE(20,4)
);
CREATE TABLE times (
  id INT PRIMARY KEY,
  day DATE, years YEAR, t TIME, t3 TIME(3), t6 TIME(6), d DATETIME, d3 DATETIME(3),
  d4 DATETIME(4), d6 DATETIME(6), s TIMESTAMP NULL, s3 TIMESTAMP(3) NULL, s6 TIMESTAMP(6) NULL
);
CREATE TABLE strings (
  id INT PRIMARY KEY,
  c CHAR(20), v VARCHAR(40), small TINYTEXT, large LONGTEXT, latin VARCHAR(9) CHARACTER SET latin1,
  size ENUM('small','a,b'), some SET('a','b'), doc JSON,
  b BINARY(3), vb VARBINARY(30), bl BLOB
);
CREATE TABLE shapes (
  id INT PRIMARY KEY, g GEOMETRY, p POINT, l LINESTRING, y POLYGON, mp MULTIPOINT,
  ml MULTILINESTRING, my MULTIPOLYGON, gc GEOMETRYCOLLECTION, v VECTOR(3)
);
CREATE TABLE defaults (
  id INT NOT NULL AUTO_INCREMENT, other BIGINT UNSIGNED NOT NULL DEFAULT 18446744073709551615,
  i INT DEFAULT -7, i_needed INT NOT NULL DEFAULT 7, i_bare INT NOT NULL, truth BOOL DEFAULT TRUE,
  bit1 BIT(1) DEFAULT b'1', bit9 BIT(9) NOT NULL DEFAULT b'100000010',
  d DECIMAL(10,2) DEFAULT 1.5, f FLOAT DEFAULT 0.1, e DOUBLE NOT NULL DEFAULT 2.5,
  v VARCHAR(20) NOT NULL DEFAULT 'it''s "é"', v_empty VARCHAR(20) NOT NULL DEFAULT '',
  size ENUM('small','large') NOT NULL DEFAULT 'large', some SET('a','b') DEFAULT 'a,b',
  b BINARY(4) DEFAULT 'ab', vb VARBINARY(9) NOT NULL DEFAULT X'00FF',
  day DATE DEFAULT '2001-02-03', day_zero DATE NOT NULL DEFAULT '0000-00-00',
  years YEAR DEFAULT 1970, t TIME(3) DEFAULT '-12:34:56.789',
  m DATETIME DEFAULT '2001-02-03 04:05:06',
  m6 DATETIME(6) NOT NULL DEFAULT '2001-02-03 04:05:06.789012',
  m_now DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  m_now_needed DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  s TIMESTAMP NOT NULL DEFAULT '2001-02-03 04:05:06',
  s_now TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  s_zero TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  expression INT DEFAULT (1 + 1), doc JSON DEFAULT (JSON_ARRAY(1)), txt TEXT DEFAULT ('text'),
  PRIMARY KEY (id, other)
);
DELIMITER //
CREATE PROCEDURE fill_columns(base INT)
BEGIN
  INSERT INTO numbers VALUES
    (base + 1, -1, 255, TRUE, -1, 65535, -1, 16777215, -1, 4294967295, -1, 18446744073709551615, 1,
     258, -12.34, 12345, 0.5, 1.25, 0.1, 1.5, 0.1, 0.1, 0.5);
  INSERT INTO times VALUES
    (base + 1, '2024-02-29', 2024, '-12:34:56', '12:34:56.789', '838:59:59', '2024-02-29 12:34:56',
     '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.7890', '2024-02-29 12:34:56.789012',
     '2024-02-29 12:34:56', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789012');
  INSERT INTO strings VALUES
    (base + 1, 'c', 'v', 'small', 'large', 'é', 'a,b', 'a,b', '{"a": 1}', X'0102', X'FBFF', X'00');
  INSERT INTO shapes VALUES
    (base + 1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(1 2)'),
     ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0))'),
     ST_GeomFromText('MULTIPOINT(0 0,1 1)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1))'),
     ST_GeomFromText('MULTIPOLYGON(((0 0,4 0,4 4,0 0)))'),
     ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))'), TO_VECTOR('[1,-2.5,0.1]'));
  SET timestamp = 1709210096;
  INSERT INTO defaults (id, i_bare) VALUES (base + 1, 0);
  INSERT INTO defaults (id, i_bare, i, truth, bit1, d, f, some, b, day, years, t, m, m_now,
      expression)
    VALUES (base + 2, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL);
  SET timestamp = DEFAULT;
END //
DELIMITER ;
CALL fill_columns(0);
