"""How a study is run: which trials together, what that will take, and what it took. Never imports Keras."""
