"""Faults of everything that uses a model."""
