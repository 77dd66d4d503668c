"""The pytest fixture `prove`: a test fails if two models are not one network, and names the layer that differs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twinproof.proof.result import Proof


@pytest.fixture
def prove() -> Callable[..., Proof]:
    """Prove that two models are one network, or fail: `prove(old, new)`, with the options of `twinproof.prove`."""
    import twinproof
    from twinproof.proof.text import as_text

    def run(first: Any, second: Any, **options: Any) -> Proof:
        __tracebackhide__ = True
        with warnings.catch_warnings():
            # Keras triggers it hundreds of times when it reads its own variables.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            proof: Proof = twinproof.prove(first, second, **options)
        if not proof.one_network:
            pytest.fail(as_text(proof), pytrace=False)
        return proof

    return run
