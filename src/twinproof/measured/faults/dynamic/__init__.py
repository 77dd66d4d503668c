"""Faults of the network of dynamic."""
