"""Prints what the learning probe finds on a few images, whose last batch is not full."""

import json
from dataclasses import replace
from functools import partial

import styles

from twinproof.measured.probes import learning
from twinproof.measured.twins import Twin
from twinproof.study.settings import LearningSettings

BACKWARDS = partial(styles.Backwards, name="small")
SETTINGS = LearningSettings(replicates=1, threads=1, epochs=2, batch_size=32, steps_per_execution=4)


def run(builders: dict, seed: int = 7, **settings: int) -> dict:
    twin = Twin("small", builders)
    outcome = learning.run(twin, styles.dataset(), seed, replace(SETTINGS, **settings))
    return outcome._asdict()


def main() -> None:
    alone = {"functional": styles.functional}
    facts = {
        "steps_per_execution 1": run({**alone, "subclassed": BACKWARDS}, steps_per_execution=1),
        "steps_per_execution 4": run(alone, steps_per_execution=4),
        "steps_per_execution 100": run(alone, steps_per_execution=100),
        "other seed": run(alone, seed=8, epochs=1),
        "two fail": run(
            {"sequential": styles.raises, **alone, "subclassed": styles.not_a_number_once_trained}, epochs=1
        ),
        "functional fails": run({"functional": styles.raises, "subclassed": BACKWARDS}, epochs=1),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
