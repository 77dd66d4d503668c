"""The backends of Keras, and which of them a set of packages holds. Standard library only: images are built by it."""

from collections.abc import Mapping
from typing import NamedTuple


class Backend(NamedTuple):
    """A backend of Keras: what people call it, and the packages that it may come in."""

    title: str
    packages: tuple[str, ...]


# Of Keras 3, by the name that Keras has for each; Keras 2 has TensorFlow alone.
BACKENDS = {
    "tensorflow": Backend("TensorFlow", ("tensorflow", "tensorflow-cpu")),
    "jax": Backend("JAX", ("jax",)),
    "torch": Backend("PyTorch", ("torch",)),
}


def titles_of(versions: Mapping[str, str]) -> dict[str, str]:
    """Return the backends among packages with their versions: by name, each as a title and a version.

    `versions` are those of packages, by name.
    """
    return {
        name: f"{backend.title} {versions[package]}"
        for name, backend in BACKENDS.items()
        for package in backend.packages
        if package in versions
    }
