"""Versions of the report: describing, listing, comparing and retrieving them."""
