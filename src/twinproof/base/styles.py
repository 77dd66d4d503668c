"""The styles in which a twin is written."""

from twinproof.base.words import Word


class Style(Word):
    """One style; `naive` is a subclass without care."""

    SEQUENTIAL = "sequential"
    FUNCTIONAL = "functional"
    SUBCLASSED = "subclassed"
    NAIVE = "naive"


STYLES = tuple(Style)
# What a module may say of its network beside its styles: what it takes, is given and is compiled with.
TASK = ("inputs", "data", "compiling")
# What runs beside the styles: functional once more, with a known cost added, and with one operation more.
CONTROL, SLOWED, EXTENDED = "control", "slowed", "extended"
# By probe: what must not be found, and then what must.
CONTROLS_OF = {"identity": (CONTROL,), "timing": (CONTROL, SLOWED), "graph": (CONTROL, EXTENDED)}
# Those that are proven to be one network, trained and timed. A naive subclass is only kept and read again.
PROVEN = (Style.SEQUENTIAL, Style.FUNCTIONAL, Style.SUBCLASSED)

# The care of a class: its constructor takes **kwargs, it is registered, it tells its config, it builds itself.
INGREDIENTS = ("kwargs", "register", "get_config", "build")
