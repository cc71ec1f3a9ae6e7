USE shop;
INSERT INTO computed (id, n) VALUES (2, 20), (3, NULL);
INSERT INTO computed (id, n, hidden) VALUES (4, 20, 6);
UPDATE computed SET n = 11 WHERE id = 1;
DELETE FROM computed WHERE id = 2;
UPDATE generated_key SET n = 2;
INSERT INTO hidden_key (n) VALUES (2);
INSERT INTO generated_invisible_key (n) VALUES (2);
