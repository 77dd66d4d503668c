"""The environments to measure in: their locks, venvs and images, and what a process in one is started with."""
