"""How a study is run: which trials run together, how long that will take, and how long it took. No Keras here."""
