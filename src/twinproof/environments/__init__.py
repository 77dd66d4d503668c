"""The environments to measure in: their locks, venvs and images, and the variables that their processes get."""
