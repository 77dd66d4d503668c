"""twinproof: are two Keras models one network, and what does it cost to write it the other way?"""

import importlib
import signal
import sys
from typing import Any

__version__ = "1.0.0"

# If started as `python -m twinproof...`: Ctrl-C shows no traceback, even before the entry point handles it.
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def __getattr__(name: str) -> Any:
    # `twinproof.prove` needs Keras, which takes seconds to import, and most commands do not need it. There is no import
    # statement, because a protocol covers whatever a probe imports by a statement, and only identity runs this.
    if name == "prove":
        return importlib.import_module("twinproof.proof.prove").prove
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
