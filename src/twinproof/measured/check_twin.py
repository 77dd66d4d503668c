"""Checks a twin inside an environment, in seconds, and prints the findings as JSON: the compliance test of a twin.

Usage: python -m twinproof.measured.check_twin --params params.yaml --environment tf2.21-cpu --twin lenet
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, TypedDict

from twinproof.base.errors import Described, entry_point
from twinproof.environments.environment import Environment
from twinproof.environments.variables import enter
from twinproof.measured.guard import end_with_parent, guarded
from twinproof.measured.machine import pin_threads
from twinproof.measured.run_trial import load_twin, no_home, read_images, require_known
from twinproof.study.examples import Dataset
from twinproof.study.params import Params, read_params
from twinproof.study.protocol import make_protocol
from twinproof.study.seed import derive_seed
from twinproof.study.settings import IdentitySettings, LearningSettings, Probe

IMAGES, BATCH, STEPS = 512, 32, 3


class Checked(TypedDict):
    """The findings about one style: how it compares with functional, what it learned from a few images, or its error.

    `proof` is the sentence of the proof against functional.
    """

    style: str
    identity: str | None
    proof: str | None
    loss: float | None
    accuracy: float | None
    error: Described | None


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Check that a twin fulfils its contract; prove in a few steps that its styles are one network, and train them."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.measured.check_twin", description=main.__doc__)
    parser.add_argument("--params", type=Path, required=True, help="params.yaml")
    parser.add_argument("--environment", required=True, help="the environment this process runs in")
    parser.add_argument("--twin", required=True)
    options = parser.parse_args(arguments)
    end_with_parent(os.getppid())
    params = read_params(options.params)
    require_known(options.environment, options.twin, params)
    return guarded(lambda: _check(params, options.environment, options.twin))


def _check(params: Params, environment: str, name: str) -> int:
    pin_threads(params.settings[Probe.IDENTITY].threads)
    protocol = make_protocol(params, environment, name, Probe.IDENTITY)
    data = read_images(params)
    train, validation, test = (part.rows(slice(IMAGES)) for part in (data.train, data.validation, data.test))
    few = Dataset(train, validation, test, data.classes)
    with no_home(Environment(environment)):
        seed = derive_seed(params.seed, name, 0)
        twin = load_twin(protocol, data, seed)
        from twinproof.measured.probes import identity, learning

        proven = identity.run(twin, few, seed, IdentitySettings(1, 1, STEPS, BATCH)).styles
        learned = learning.run(twin, few, seed, LearningSettings(1, 1, 1, BATCH, 1)).styles
    print(json.dumps([_checked(style, proven[style], learned[style]) for style in twin.builders]))
    return 0


def _checked(style: str, proven: Any, learned: Any) -> Checked:
    result = learned.get("result", {})
    comparison = proven.get("result", {}).get("comparison", {})
    return {
        "style": style,
        "identity": comparison.get("outcome"),
        "proof": comparison.get("proof", {}).get("sentence"),
        "loss": result.get("test_loss"),
        "accuracy": result.get("test_accuracy"),
        "error": proven.get("error") or learned.get("error"),
    }


if __name__ == "__main__":
    enter("twinproof.measured.check_twin")
    sys.exit(main())
