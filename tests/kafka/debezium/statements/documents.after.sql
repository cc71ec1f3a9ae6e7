USE types;
CALL fill_documents(100);
UPDATE documents SET doc = '{"a": [1, 2, {"b": "c"}], "n": 1}' WHERE id = 1;
UPDATE documents SET doc = JSON_SET(doc, '$.a[2].b', 'd', '$.n', 2) WHERE id = 1;
