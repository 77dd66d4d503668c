"""Finds the release of Keras in which the outcome of a program changed, by halving."""
