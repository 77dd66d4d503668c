"""The styles in which a twin is written."""

from twinproof.base.words import Word


class Style(Word):
    """One style; `naive` is a subclass without care."""

    SEQUENTIAL = "sequential"
    FUNCTIONAL = "functional"
    SUBCLASSED = "subclassed"
    NAIVE = "naive"


STYLES = tuple(Style)
# Optional functions of a module besides its styles: the network's inputs, its data, and its arguments of `compile`.
TASK = ("inputs", "data", "compiling")
# The controls: functional once more, with a known cost added, and with one more operation.
CONTROL, SLOWED, EXTENDED = "control", "slowed", "extended"
# By probe: the control that must show no difference, and then the one that must.
CONTROLS_OF = {"identity": (CONTROL,), "timing": (CONTROL, SLOWED), "graph": (CONTROL, EXTENDED)}
# Those that are proven to be one network, trained and timed. A naive subclass is only saved and loaded.
PROVEN = (Style.SEQUENTIAL, Style.FUNCTIONAL, Style.SUBCLASSED)

# The care of a class: its constructor takes **kwargs, it is registered, it returns its config, it builds itself.
INGREDIENTS = ("kwargs", "register", "get_config", "build")
