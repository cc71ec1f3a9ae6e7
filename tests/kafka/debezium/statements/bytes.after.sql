USE types;
CALL fill_bytes(100);
DELETE FROM byte_key WHERE n = 2;
