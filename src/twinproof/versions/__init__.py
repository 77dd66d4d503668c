"""Versions of the report: what one was made from, which there are, what changed between two, and an old one again."""
