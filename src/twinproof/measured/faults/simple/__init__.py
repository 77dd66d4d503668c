"""Faults of the network of simple."""
