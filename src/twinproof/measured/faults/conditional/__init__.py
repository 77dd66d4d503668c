"""Faults of the network of conditional."""
