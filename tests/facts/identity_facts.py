"""Prints what the identity probe finds about pairs that are, or are not, one network."""

import json
from functools import partial

import keras
import styles

from twinproof.measured.probes import identity
from twinproof.measured.twins import Twin
from twinproof.study.settings import IdentitySettings

BACKWARDS = partial(styles.Backwards, name="small")
BUILT: list[str] = []


def functional() -> keras.Model:
    """Return a functional model, and count it."""
    BUILT.append("functional")
    return styles.functional()


# Names of styles are arbitrary here, so one functional and one control serve for many.
PARTICIPANTS = {
    "functional": functional,
    "subclassed": BACKWARDS,
    "wider": partial(styles.functional, width=9),
    "other activation": partial(styles.functional, activation="tanh"),
    "swapped names": partial(styles.functional, names=("second", "first")),
    "other name": partial(styles.functional, names=("first", "third")),
    "other random layer": partial(styles.functional, noise="other"),
    "more noise": partial(styles.functional, deviation=0.2),
    "raises": styles.raises,
    "not a number": styles.not_a_number,
    "not a number once trained": styles.not_a_number_once_trained,
}
TWINS = {
    "many": PARTICIPANTS,
    "functional raises": {"functional": styles.raises, "subclassed": BACKWARDS},
    "model named like its layer": {
        "functional": partial(styles.functional, name="first"),
        "subclassed": partial(styles.Backwards, name="first"),
    },
    "models inside that are not built": {"functional": styles.stacked, "subclassed": styles.Stacked},
    "other shape": {"functional": styles.functional, "subclassed": styles.other_shape},
}
if hasattr(keras, "random"):  # Keras 2 has no generators that a user's layer could keep.
    TWINS["own generators"] = {
        "functional": partial(styles.own_generators, ("one", "two")),
        "subclassed": partial(styles.own_generators, ("two", "one")),
    }


def run(builders: dict, steps: int = 3) -> dict:
    outcome = identity.run(
        Twin("small", builders),
        styles.dataset(),
        7,
        IdentitySettings(replicates=1, threads=1, steps=steps, batch_size=16),
    )
    return outcome._asdict()


def main() -> None:
    facts = {}
    for name, builders in TWINS.items():
        try:
            facts[name] = run(builders)
        except Exception as error:  # The test of this twin reports a crash.
            facts[name] = {"crash": repr(error)}
    facts["functional was built"] = len(BUILT)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
