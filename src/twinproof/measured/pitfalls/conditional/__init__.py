"""Pitfalls of the network of conditional."""
