"""Building the image of an environment. Standard library only: it runs where nothing else is installed."""
