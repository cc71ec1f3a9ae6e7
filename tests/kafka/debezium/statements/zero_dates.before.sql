-- Zero dates and dates with a zero part, in nullable and NOT NULL columns.
SET sql_mode = '';
CREATE DATABASE types;
USE types;
CREATE TABLE zero_dates (
  id INT PRIMARY KEY,
  day DATE, day_needed DATE NOT NULL,
  moment DATETIME, moment_needed DATETIME NOT NULL, moment6 DATETIME(6),
  moment6_needed DATETIME(6) NOT NULL,
  stamp TIMESTAMP NULL, stamp_needed TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
  stamp6_needed TIMESTAMP(6) NOT NULL DEFAULT '2001-02-03 04:05:06.789'
);
INSERT INTO zero_dates VALUES
  (1, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00',
   '0000-00-00', '0000-00-00', '0000-00-00');
