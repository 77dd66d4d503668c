"""twinproof: are two Keras models one network, and what does it cost to write it the other way?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinproof.proof.prove import prove

__all__ = ["__version__", "prove"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Keras takes seconds to import, and most of the commands do without it.
    if name == "prove":
        from twinproof.proof.prove import prove

        return prove
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
