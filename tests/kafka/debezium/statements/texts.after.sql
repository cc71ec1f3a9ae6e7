USE types;
CALL fill_texts(100);
