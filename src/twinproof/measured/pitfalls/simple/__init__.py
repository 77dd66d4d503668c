"""Pitfalls of the network of simple."""
