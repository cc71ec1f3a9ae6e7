-- Text of every kind, ENUM and SET, in several character sets.
CREATE DATABASE types;
USE types;
CREATE TABLE texts (
  id INT PRIMARY KEY,
  c CHAR(20), v VARCHAR(40), v_bin VARCHAR(40) COLLATE utf8mb4_bin,
  tiny TINYTEXT, plain TEXT, medium MEDIUMTEXT, large LONGTEXT, national NVARCHAR(20)
) CHARACTER SET utf8mb4;
CREATE TABLE charsets (
  id INT PRIMARY KEY,
  ascii VARCHAR(40) CHARACTER SET ascii,
  latin1 VARCHAR(40) CHARACTER SET latin1, latin1_text TEXT CHARACTER SET latin1,
  latin2 CHAR(40) CHARACTER SET latin2, utf8mb3 VARCHAR(40) CHARACTER SET utf8mb3,
  ucs2 VARCHAR(40) CHARACTER SET ucs2, utf16 CHAR(40) CHARACTER SET utf16,
  utf16le VARCHAR(40) CHARACTER SET utf16le, utf32 TEXT CHARACTER SET utf32,
  cp1251 VARCHAR(40) CHARACTER SET cp1251, koi8r VARCHAR(40) CHARACTER SET koi8r,
  sjis VARCHAR(40) CHARACTER SET sjis, eucjpms VARCHAR(40) CHARACTER SET eucjpms,
  gbk VARCHAR(40) CHARACTER SET gbk, gb18030 VARCHAR(40) CHARACTER SET gb18030,
  big5 VARCHAR(40) CHARACTER SET big5, euckr VARCHAR(40) CHARACTER SET euckr,
  binary_text VARCHAR(40) CHARACTER SET binary
);
CREATE TABLE labels (
  id INT PRIMARY KEY,
  size ENUM('small','medium','large'),
  odd ENUM('é','a,b','it''s','"q"','') CHARACTER SET latin1,
  russian ENUM('да','нет') CHARACTER SET cp1251,
  wide ENUM('日','本') CHARACTER SET ucs2,
  some SET('a','b','é') CHARACTER SET latin1,
  many SET('m1','m2','m3','m4','m5','m6','m7','m8','m9','m10'),
  needed ENUM('x','y') NOT NULL, some_needed SET('x','y') NOT NULL
);
DELIMITER //
CREATE PROCEDURE fill_texts(base INT)
BEGIN
  INSERT INTO texts (id) VALUES (base + 1);
  INSERT INTO texts VALUES
    (base + 2, '', '', '', '', '', '', '', ''),
    (base + 3, 'trailing  ', 'trailing  ', 'Zoë 日本 🎉', 'Zoë 日本 🎉', 'Zoë 日本 🎉', 'a\0b', '\'"\\',
     'Łódź'),
    (base + 4, '\b\t\n\f\r\Z/', X'7F', X'01021F7F', _utf8mb4 X'3CC2A03E0C',
     '\\n</script>&', _utf8mb4 X'E280A8E280A9', _utf8mb4 X'EFBFBD',
     '');
  INSERT INTO charsets (id) VALUES (base + 1);
  INSERT INTO charsets VALUES
    (base + 2, 'plain', 'é€', _latin1 X'818D8F909D', 'Łódź', '日本é', '日本é', 'Zoë 🎉', 'Zoë 🎉',
     'Zoë 🎉', 'Привет', 'Привет', '日本語', '日本語', '中文', '中文🎉', '中文', '한국어', X'00FF');
  INSERT INTO labels (id, needed, some_needed) VALUES (base + 1, 'x', '');
  INSERT INTO labels VALUES
    (base + 2, 'small', 'é', 'да', '日', '', 'm1', 'y', 'x,y'),
    (base + 3, 'large', 'a,b', 'нет', '本', 'é,a', 'm10,m1', 'x', 'y'),
    (base + 4, 2, '"q"', 1, 1, 7, 1023, 1, 1),
    (base + 5, 3, 'it''s', 1, 1, 'b', 'm9', 1, 1);
  INSERT IGNORE INTO labels VALUES
    (base + 6, 'nonsense', '', 'x', 'x', 'b,nonsense', '', 'nonsense', 'nonsense');
END //
DELIMITER ;
CALL fill_texts(0);
