-- The same values as changes, and updates that set values to NULL.
USE types;
CALL fill_numbers(100);
UPDATE integers SET tiny = NULL, big_unsigned = 18446744073709551614 WHERE id = 3;
UPDATE decimals SET d5_2 = NULL, d10 = 5 WHERE id = 3;
