"""What all records of operations that ran apart have in common: an error, warnings, and processes that were ended."""

from typing import Any

# Types of error of a process that did not come to its end, and the outcome that each is.
ENDINGS = {"Crash": "crashed", "Timeout": "timed out"}


def ending(cell: dict[str, Any]) -> str | None:
    """Return how the process of an operation ended, if not by itself after the operation."""
    return ENDINGS.get(cell["error"]["type"]) if cell["error"] else None


def told(cell: dict[str, Any]) -> dict[str, str | None]:
    """Return the columns error and warnings: type and message, and all that was said."""
    return {
        "error": f"{cell['error']['type']}: {cell['error']['message']}" if cell["error"] else None,
        "warnings": " | ".join(cell["warnings"]) or None,
    }
