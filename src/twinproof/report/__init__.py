"""From tables to what a person reads: the page, its charts, the notebooks. Never imports Keras."""

# The probes that have a notebook of their own name, and what that shows.
WITH_NOTEBOOK = {
    "learning": "learning and identity, seed by seed",
    "timing": "timing, process by process",
    "serialization": "serialization, operation by operation",
    "pitfalls": "pitfalls, one by one",
}
