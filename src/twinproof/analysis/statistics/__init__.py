"""Intervals, tests and corrections: numbers in, numbers out."""
