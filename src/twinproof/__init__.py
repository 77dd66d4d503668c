"""twinproof: each Keras model written twice, proven to be one network, and measured in both styles."""

__version__ = "0.1.0"
