"""A twin that ends its process in some way where its argument says so."""

import os
import time
from typing import Any

from twinproof.measured.twins import dynamic


def functional(ends: str) -> Any:
    """The sound one, if it comes to that."""
    if ends == "crashes":
        os.abort()
    if ends == "hangs":
        time.sleep(1000)
    taken = []
    while ends == "takes all memory":
        taken.append(bytearray(os.urandom(1)) * 2**26)
    return dynamic.functional()


def subclassed(ends: str) -> Any:
    """The sound one."""
    return dynamic.subclassed()
