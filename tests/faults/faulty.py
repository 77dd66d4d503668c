"""A twin that ends its process in the way that its argument says."""

import os
import time
from typing import Any

from twinproof.measured.twins import dynamic


def functional(ends: str) -> Any:
    """The sound model, if the process gets that far."""
    if ends == "crashes":
        os.abort()
    if ends == "hangs":
        time.sleep(1000)
    taken = []
    while ends == "takes all memory":
        taken.append(bytearray(os.urandom(1)) * 2**26)
    return dynamic.functional()


def subclassed(ends: str) -> Any:
    """The sound model."""
    return dynamic.subclassed()
