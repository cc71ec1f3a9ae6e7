-- Every numeric type: NULL, minimum, maximum, and values between.
CREATE DATABASE types;
USE types;
CREATE TABLE integers (
  id INT PRIMARY KEY,
  tiny TINYINT, tiny_unsigned TINYINT UNSIGNED, tiny_one TINYINT(1), truth BOOL,
  tiny_one_unsigned TINYINT(1) UNSIGNED,
  small SMALLINT, small_unsigned SMALLINT UNSIGNED,
  medium MEDIUMINT, medium_unsigned MEDIUMINT UNSIGNED,
  plain INT, plain_unsigned INT UNSIGNED, plain_zerofill INT(6) ZEROFILL,
  big BIGINT, big_unsigned BIGINT UNSIGNED, big_zerofill BIGINT(6) ZEROFILL
);
CREATE TABLE bits (
  id INT PRIMARY KEY,
  bit1 BIT(1), bit2 BIT(2), bit8 BIT(8), bit9 BIT(9), bit16 BIT(16), bit17 BIT(17), bit33 BIT(33),
  bit63 BIT(63), bit64 BIT(64)
);
CREATE TABLE decimals (
  id INT PRIMARY KEY,
  d1 DECIMAL(1,0), d5_2 DECIMAL(5,2), d9_9 DECIMAL(9,9), d10 DECIMAL, d18_9 DECIMAL(18,9),
  d20_6 NUMERIC(20,6) UNSIGNED, d65 DECIMAL(65,0), d65_30 DECIMAL(65,30)
);
CREATE TABLE floats (
  id INT PRIMARY KEY,
  single FLOAT, single_10 FLOAT(10), double_25 FLOAT(25), single_7_3 FLOAT(7,3),
  single_unsigned FLOAT UNSIGNED,
  twice DOUBLE, twice_20_4 DOUBLE(20,4), actual REAL, twice_unsigned DOUBLE PRECISION UNSIGNED
);
DELIMITER //
CREATE PROCEDURE fill_numbers(base INT)
BEGIN
  INSERT INTO integers (id) VALUES (base + 1);
  INSERT INTO integers VALUES
    (base + 2, -128, 0, -128, FALSE, 0, -32768, 0, -8388608, 0, -2147483648, 0, 0,
     -9223372036854775808, 0, 0),
    (base + 3, 127, 255, 127, TRUE, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295,
     4294967295, 9223372036854775807, 18446744073709551615, 18446744073709551615),
    (base + 4, -1, 128, 1, -2, 1, -1, 32768, -1, 8388608, -1, 2147483648, 7, -1,
     9223372036854775808, 7);
  INSERT INTO bits (id) VALUES (base + 1);
  INSERT INTO bits VALUES
    (base + 2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (base + 3, 1, 3, 255, 511, 65535, 131071, 8589934591, 9223372036854775807,
     18446744073709551615),
    (base + 4, 1, 2, b'10000001', b'100000010', 0x0102, 0x010203, 0x0102030405,
     0x0102030405060708, 0x8102030405060708);
  INSERT INTO decimals (id) VALUES (base + 1);
  INSERT INTO decimals VALUES
    (base + 2, -9, -999.99, -0.999999999, -9999999999, -123456789.987654321, 0,
     CONCAT('-', REPEAT('9', 65)), CONCAT('-', REPEAT('9', 35), '.', REPEAT('9', 30))),
    (base + 3, 9, 999.99, 0.999999999, 9999999999, 123456789.987654321, 12345678901234.567891,
     REPEAT('9', 65), CONCAT(REPEAT('9', 35), '.', REPEAT('9', 30))),
    (base + 4, 0, 0, 0, 0, 0, 0, 0, 0),
    (base + 5, 1, 0.1, 0.000000001, 128, 10, 0.5, 127, 0.000000000000000000000000000001),
    (base + 6, -1, -1.28, -0.5, -129, -1.00000001, 255, -128, -1);
  INSERT INTO floats (id) VALUES (base + 1);
  INSERT INTO floats VALUES
    (base + 2, -3.4028234663852886e38, -1e30, -1e-300, -0.001, 0, -1.7976931348623157e308, -0.0001,
     -0e0, 0),
    (base + 3, 3.4e38, 0.2, 0.3, 1234.567, 2.5, 1.7976931348623157e308, 1234567890.1234,
     2.2250738585072014e-308, 5e-324),
    (base + 4, 1.17549435e-38, 16777217, 9007199254740993e0, 0.5, 1e10, 1e-310, 1, 0.1, 1e15),
    (base + 5, 0.1, 1e10, 1e7, 100, 123456.789, 123456789.123456789e0, 0.5, 1e-5, 1e22),
    (base + 6, 1e-45, 1e7, 12345678, 1e3, 9999999, 1e7, 100, 9999999.5, 0.001),
    (base + 7, -0e0, 1e-3, 1e-3, 0, 1e-4, 1e21, 0, 2e-3, 9.999e22);
END //
DELIMITER ;
CALL fill_numbers(0);
