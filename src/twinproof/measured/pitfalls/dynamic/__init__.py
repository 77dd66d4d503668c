"""Pitfalls of the network of dynamic."""
