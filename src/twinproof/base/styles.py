"""The styles in which a twin is written."""

from enum import Enum


class Style(str, Enum):
    """One style; `naive` is a subclass without care."""

    SEQUENTIAL = "sequential"
    FUNCTIONAL = "functional"
    SUBCLASSED = "subclassed"
    NAIVE = "naive"

    def __str__(self) -> str:
        return self.value


STYLES = tuple(Style)
# Those that are proven to be one network, trained and timed. A naive subclass is only kept and read again.
PROVEN = (Style.SEQUENTIAL, Style.FUNCTIONAL, Style.SUBCLASSED)
