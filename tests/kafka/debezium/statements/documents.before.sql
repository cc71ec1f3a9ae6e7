-- JSON, geometries and vectors.
CREATE DATABASE types;
USE types;
CREATE TABLE documents (id INT PRIMARY KEY AUTO_INCREMENT, doc JSON);
CREATE TABLE geometries (id INT PRIMARY KEY AUTO_INCREMENT, shape GEOMETRY);
CREATE TABLE shapes (
  id INT PRIMARY KEY,
  p POINT, p_placed POINT SRID 4326, l LINESTRING, y POLYGON, mp MULTIPOINT, ml MULTILINESTRING,
  my MULTIPOLYGON, gc GEOMETRYCOLLECTION
);
CREATE TABLE vectors (id INT PRIMARY KEY, v3 VECTOR(3), v VECTOR);
DELIMITER //
CREATE PROCEDURE fill_documents(base INT)
BEGIN
  INSERT INTO documents (doc) VALUES
    (NULL), ('null'), ('true'), ('false'), ('0'), ('-1'), ('32767'), ('-32769'), ('2147483648'),
    ('-9223372036854775808'), ('18446744073709551615'), ('1.0'), ('-0.0'), ('1e100'), ('1.5e-10'),
    ('123456789.123456789'), ('1e15'), ('1e17'), ('0.1'), ('100000000000000000000000'), ('5e-324'),
    ('""'), ('"text"'), ('{}'), ('[]'), ('[[], {}]'),
    ('{"b": 1, "aa": 2, "a": [true, null, "x"]}'),
    ('"\\u0001 \\" \\\\ \\/ \\b\\f\\n\\r\\t é 🎉 \\u00e9"'),
    ('{"": {"": {"deep": [1, [2, [3]]]}}}'), ('{"ключ": "значение"}');
  INSERT INTO documents (doc) VALUES
    (JSON_ARRAY(CAST(1.50 AS DECIMAL(10,2)), CAST(-0.001 AS DECIMAL(65,30)))),
    (JSON_OBJECT('d', DATE'2024-02-29')),
    (JSON_ARRAY(TIME'-12:34:56.789', TIME'838:59:59', CAST('00:00:00.000001' AS TIME(6)))),
    (JSON_ARRAY(TIMESTAMP'2024-01-02 03:04:05.678', CAST('9999-12-31' AS DATETIME(6)))),
    (CAST(CAST('2024-01-02 03:04:05' AS DATETIME) AS JSON)), (CAST(DATE'2024-01-02' AS JSON)),
    (CAST(TIME'10:11:12.5' AS JSON)), (CAST(1.25 AS JSON)), (CAST(CAST(1 AS UNSIGNED) AS JSON)),
    (CAST(3e0 AS JSON)), (CAST(CAST(2024 AS YEAR) AS JSON)), (JSON_ARRAY(X'00ff10', b'101')),
    (JSON_ARRAY(CAST('bytes' AS BINARY))), (JSON_OBJECT('g', ST_GeomFromText('POINT(1 2)'))),
    (JSON_ARRAY(CAST(1e-7 AS DOUBLE), 1e20, 1e21, 123456789012345680000e0, 0.00001e0)),
    (JSON_ARRAY(CAST(1.1 AS FLOAT), CAST(0 AS DECIMAL(5,0)), 12345678901234567890123.5)),
    (CONCAT('[', REPEAT('"ab",', 100), '{}]'));
  INSERT INTO geometries (shape) VALUES
    (NULL), (ST_GeomFromText('POINT(1 -2.5)')), (ST_GeomFromText('LINESTRING(0 0,1 1,2 -2)')),
    (ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))')),
    (ST_GeomFromText('MULTIPOINT(0 0,1 1)')),
    (ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')),
    (ST_GeomFromText('MULTIPOLYGON(((0 0,4 0,4 4,0 0)))')),
    (ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')),
    (ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')), (ST_GeomFromText('POINT(52.5 13.4)', 4326));
  INSERT INTO shapes (id) VALUES (base + 1);
  INSERT INTO shapes VALUES
    (base + 2, ST_GeomFromText('POINT(1 -2.5)'), ST_GeomFromText('POINT(52.5 13.4)', 4326),
     ST_GeomFromText('LINESTRING(0 0,1 1,2 -2)'), ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0))'),
     ST_GeomFromText('MULTIPOINT(0 0,1 1)'),
     ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'),
     ST_GeomFromText('MULTIPOLYGON(((0 0,4 0,4 4,0 0)))'),
     ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))'));
  INSERT INTO vectors VALUES
    (base + 1, NULL, NULL), (base + 2, TO_VECTOR('[1,-2.5,0.1]'), TO_VECTOR('[0.25]')),
    (base + 3, TO_VECTOR('[0]'), TO_VECTOR('[3e38,-1e-30,-0.0,1e10,16777217]'));
END //
DELIMITER ;
CALL fill_documents(0);
