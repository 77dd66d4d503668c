"""Prints the findings of some operations of the serialization probe, for models that work and models that fail."""

import json
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from twinproof.measured.probes import operations, serialization
from twinproof.measured.twins import Twin
from twinproof.study.settings import SerializationSettings

SETTINGS = SerializationSettings(replicates=1, threads=1, images=24, repeats=2, tolerance=1e-6, time_limit=60)


def run(twin: Twin, formats: list[str]) -> dict[str, Any]:
    import styles

    few = {name: serialization.FORMATS[name] for name in formats}
    with (
        patch.object(serialization, "FORMATS", few),
        patch.object(serialization, "COPIES", {}),
        patch.object(serialization, "UNBUILT", ()),
        patch.object(serialization, "RESUMED", {}),
    ):
        outcome = serialization.run(twin, styles.dataset(), 7, SETTINGS)
    return {way: found["result"]["cells"] for way, found in outcome.styles.items()}


def difference() -> list[dict[str, Any]]:
    one, none = np.ones((2, 2), np.float32), np.full((2, 2), np.nan, np.float32)
    pairs = [(one, one), (one, one + 1), (one, one[:1]), (none, one), (one, none), (none, none)]
    return [operations._difference(found, expected) for found, expected in pairs]


def main() -> None:
    # Not at the top: every started process imports this module, and those without code must not get it this way.
    import kept
    import styles

    small = Twin("small", {"functional": styles.functional, "subclassed": partial(styles.Backwards, name="small")})
    bad = Twin("bad", {"functional": styles.functional, "sequential": styles.raises}, kept.Ends)
    facts = {
        "small": run(small, [".keras", ".weights.h5, built"]),
        "bad": run(bad, [".keras"]),
        "not fresh": operations.carry_out(operations.load_without_code, ["json"], ".keras", None, None, None),
        "no number": run(Twin("unnumbered", {"functional": kept.unnumbered}), [".weights.h5, built"]),
        "difference": difference(),
    }
    print(json.dumps(facts, allow_nan=False))


if __name__ == "__main__":
    main()
