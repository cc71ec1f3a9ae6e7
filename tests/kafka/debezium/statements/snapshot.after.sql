INSERT INTO zoo.one_row VALUES (2, 2);
