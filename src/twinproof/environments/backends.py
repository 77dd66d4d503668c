"""The backends of Keras, and which of them a set of packages contains. Standard library only: image builds use it."""

from collections.abc import Mapping
from typing import NamedTuple


class Backend(NamedTuple):
    """A backend of Keras: its usual name, and the packages that can provide it."""

    title: str
    packages: tuple[str, ...]


# The backends of Keras 3, by Keras's name for each; Keras 2 has only TensorFlow.
BACKENDS = {
    "tensorflow": Backend("TensorFlow", ("tensorflow", "tensorflow-cpu")),
    "jax": Backend("JAX", ("jax",)),
    "torch": Backend("PyTorch", ("torch",)),
}


def titles_of(versions: Mapping[str, str]) -> dict[str, str]:
    """Return the backends among packages with their versions: by name, each as a title and a version.

    `versions` maps each package's name to its version.
    """
    return {
        name: f"{backend.title} {versions[package]}"
        for name, backend in BACKENDS.items()
        for package in backend.packages
        if package in versions
    }
