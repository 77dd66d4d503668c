"""Everything for readers that is made from the tables: page, charts, notebooks. Never imports Keras."""

# The probes that have a notebook, and what it shows.
WITH_NOTEBOOK = {
    "learning": "learning and identity, seed by seed",
    "timing": "timing, process by process",
    "serialization": "serialization, operation by operation",
    "pitfalls": "pitfalls, one by one",
}
