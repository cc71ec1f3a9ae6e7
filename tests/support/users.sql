-- The account that tests and demo read changes with: the least that a feed needs.
CREATE USER 'millrace'@'%' IDENTIFIED BY 'millrace';
CREATE USER 'millrace'@'localhost' IDENTIFIED BY 'millrace';
GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'millrace'@'%';
GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'millrace'@'localhost';
