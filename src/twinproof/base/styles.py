"""The styles in which a twin is written."""

STYLES = ("sequential", "functional", "subclassed")
WAYS = (*STYLES, "naive")
