"""The charts: each a function of tables that returns an Altair chart; the page and the notebooks share them."""
