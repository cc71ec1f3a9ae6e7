SET sql_mode = '';
USE types;
CALL fill_columns(100);
