"""Are two Keras models one network? Keras and NumPy only: this works outside any study."""
