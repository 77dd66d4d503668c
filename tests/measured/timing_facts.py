"""Prints what the timing probe finds about participants whose costs are known."""

import json
import time
from functools import partial
from typing import Any

import keras
import styles

from twinproof.probes import timing
from twinproof.twins import Twin

SETTINGS = {"generations": 1, "rounds": 3, "steps": 2, "batch_size": 16, "added": 0.5}


class NeverSaved(styles.Backwards):
    """A subclass that cannot be saved."""

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("no config")


def slowly_made() -> keras.Model:
    time.sleep(0.2)
    return styles.functional()


# Names of styles are free here, so that one contest serves for many questions.
PARTICIPANTS = {
    "functional": styles.functional,
    "subclassed": partial(styles.Backwards, name="small"),
    "slowly made": slowly_made,
    "never saved": partial(NeverSaved, name="small"),
    "raises": styles.raises,
}


def main() -> None:
    told = []
    outcome = timing.run(
        Twin("small", PARTICIPANTS), styles.dataset(), 7, SETTINGS, lambda share, what: told.append(share)
    )
    print(json.dumps({**outcome._asdict(), "progress": told}))


if __name__ == "__main__":
    main()
