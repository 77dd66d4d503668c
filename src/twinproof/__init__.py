"""twinproof: are two Keras models one network, and what does it cost to write it the other way?"""

import importlib
import signal
import sys
from typing import Any

__version__ = "1.0.0"

# Started as `python -m twinproof...`: until the entry point hears it, Ctrl-C ends this process without a traceback.
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def __getattr__(name: str) -> Any:
    # `twinproof.prove`: Keras takes seconds to import, and most commands do without it. By its name, as what a probe
    # imports is what its protocol covers, and only identity runs this.
    if name == "prove":
        return importlib.import_module("twinproof.proof.prove").prove
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
