"""Prints what instances of the styles have in common before they are trained."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import styles

from twinproof.measured import twins
from twinproof.measured.probes.instances import Instances, attempt
from twinproof.proof.weights import digest, weights_digest

IMAGES = np.zeros((2, 784), np.float32)
SHIPPED = {"simple": {}, "conditional": {}, "dynamic": {"depth": 3}}


def starts(twin: twins.Twin, pixels: int, order: list[str]) -> dict[str, str]:
    """Return the digest of the weights from which each style starts, when they are made in this order."""
    instances = Instances(twin, np.zeros((2, pixels), np.float32), seed=1)
    return {style: weights_digest(instances.make(style)) for style in order}


def masks(twin: twins.Twin, pixels: int, layer: str, order: list[str]) -> dict[str, str]:
    """Return the digest of what the layer of that name draws in each style."""
    instances = Instances(twin, np.zeros((2, pixels), np.float32), seed=1)
    ones = np.ones((8, 64), np.float32)
    drawn = {}
    for style in order:
        made = instances.make(style).get_layer(layer)
        drawn[style] = digest(np.asarray(made(ones, training=True)) for _ in range(2))
    return drawn


def fails(error: Exception) -> Callable[[], dict[str, Any]]:
    def measure() -> dict[str, Any]:
        raise error

    return measure


def raised(action: Callable[[], object]) -> str | None:
    try:
        action()
    except BaseException as error:
        return type(error).__name__
    return None


def both_orders(measure: Callable[[list[str]], dict[str, str]], twin: twins.Twin) -> list[dict[str, str]]:
    return [measure(list(twin.builders)), measure(list(twin.builders)[::-1])]


def main() -> None:
    made = {
        name: twins.load(name, f"twinproof.measured.twins.{name}", arguments) for name, arguments in SHIPPED.items()
    }
    small = twins.Twin(
        "small", {"functional": styles.functional, "subclassed": partial(styles.Backwards, name="small")}
    )
    facts = {
        "styles": {name: list(twin.builders) for name, twin in made.items()},
        "parameters": {
            name: {style: Instances(twin, IMAGES, 1).make(style).count_params() for style in twin.builders}
            for name, twin in made.items()
        },
        "starts": {
            **{name: both_orders(partial(starts, twin, 784), twin) for name, twin in made.items()},
            "small": both_orders(partial(starts, small, styles.PIXELS), small),
        },
        "error": attempt(fails(ValueError("no"))),
        "out of memory": raised(lambda: attempt(fails(MemoryError()))),
        "other_seed": weights_digest(Instances(made["simple"], IMAGES, seed=2).make("functional")),
        "masks": {
            f"{twin.name} {layer}": both_orders(partial(masks, twin, pixels, layer), twin)
            for twin, pixels, layer in (
                (made["conditional"], 784, "dropout"),
                (small, styles.PIXELS, "dropout"),
                (small, styles.PIXELS, "noise"),
            )
        },
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
