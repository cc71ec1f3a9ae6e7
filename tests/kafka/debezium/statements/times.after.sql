-- The same values as changes; the session's time zone must not affect them.
SET sql_mode = '';
USE types;
CALL fill_times(100);
SET time_zone = '+05:30';
INSERT INTO timestamps (id, s, s6) VALUES
  (200, '2024-02-29 12:30:00', '2024-02-29 12:30:00.000001');
