"""The pytest fixture `prove`: a test fails where two models are not one network, and says which layer is to blame."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twinproof.proof.result import Proof


@pytest.fixture
def prove() -> Callable[..., Proof]:
    """Prove two models one network, or fail: `prove(build_old, build_new)`, with the options of `twinproof.prove`."""
    import twinproof
    from twinproof.proof.text import as_text

    def run(first: Any, second: Any, **options: Any) -> Proof:
        __tracebackhide__ = True
        with warnings.catch_warnings():
            # Of how Keras reads its own variables, hundreds of times.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            proof: Proof = twinproof.prove(first, second, **options)
        if not proof.one_network:
            pytest.fail(as_text(proof), pytrace=False)
        return proof

    return run
