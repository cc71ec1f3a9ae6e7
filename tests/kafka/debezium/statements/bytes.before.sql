-- Byte strings: padded, cut, empty, long.
CREATE DATABASE types;
USE types;
CREATE TABLE bytes (
  id INT PRIMARY KEY,
  b1 BINARY(1), b16 BINARY(16), vb VARBINARY(300), tiny TINYBLOB, plain BLOB, medium MEDIUMBLOB,
  large LONGBLOB
);
CREATE TABLE byte_key (id BINARY(4), n INT, PRIMARY KEY (id));
DELIMITER //
CREATE PROCEDURE fill_bytes(base INT)
BEGIN
  INSERT INTO bytes (id) VALUES (base + 1);
  INSERT INTO bytes VALUES
    (base + 2, '', '', '', '', '', '', ''),
    (base + 3, X'00', X'AA', X'00', X'00FF', X'80', X'0100', X'FBEFBE'),
    (base + 4, X'FF', X'00112233445566778899AABBCCDDEE00', X'0100', X'FFFFFE', X'FBFF', X'00',
     X'20'),
    (base + 5, ' ', X'20', REPEAT(X'01', 300), 'text', X'0A0D', X'FF', REPEAT(X'DEADBEEF', 50));
  INSERT INTO byte_key VALUES (LPAD(base, 2, '0'), 1), (CONCAT(X'FBFF', CHAR(base)), 2);
END //
DELIMITER ;
CALL fill_bytes(0);
